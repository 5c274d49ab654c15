import { GetBucketEncryptionCommand, GetBucketPolicyCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { client, eventually, isDeployed, output, testWhere } from './stack';

const s3 = new S3Client(client);
const there = isDeployed('auditTrailBucketName');
const reason = 'this stack has no audit trail of its own';

testWhere(
  there,
  'the audit trail is encrypted with the key of logs, and takes records of this trail alone',
  reason,
  async () => {
    const Bucket = output('auditTrailBucketName');
    const { ServerSideEncryptionConfiguration } = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
    expect(ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault).toEqual({
      SSEAlgorithm: 'aws:kms',
      KMSMasterKeyID: output('monitoringKmsKeyArn'),
    });
    const { Policy = '' } = await s3.send(new GetBucketPolicyCommand({ Bucket }));
    const statements: { Effect: string; Condition: { StringEquals?: Record<string, string> } }[] =
      JSON.parse(Policy).Statement;
    const sources = statements
      .filter(({ Effect }) => Effect === 'Allow')
      .map(({ Condition }) => Condition.StringEquals?.['aws:SourceArn']);
    expect(sources).toEqual([output('auditTrailArn'), output('auditTrailArn')]);
  },
);

testWhere(
  there,
  'CloudTrail writes records',
  reason,
  async () => {
    const Bucket = output('auditTrailBucketName');
    await eventually(
      'a file of records',
      async () => {
        const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'AWSLogs/' }));
        return Contents.find(({ Key }) => Key?.endsWith('.json.gz'));
      },
      900, // about five minutes, says AWS, and no promise
    );
  },
  920_000,
);
