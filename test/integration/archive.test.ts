import { gunzipSync } from 'node:zlib';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  GetBucketEncryptionCommand,
  GetBucketLoggingCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetPublicAccessBlockCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { openLines } from '../../scripts/archive/reader';
import { approve, operate, put, refused } from './operations';
import { client, eventually, freshId, isDeployed, ON_AWS, output, testWhere } from './stack';
import { transaction } from './transactions';

/** Passes the Luhn check; a number that the card schemes set aside for tests. */
const CARD_NUMBER = '4111111111111111';

/** An object gathers for up to a quarter of an hour, and Firehose takes its time around that. */
const DELIVERY_SECONDS = ON_AWS ? 1_200 : 60;

jest.setTimeout((DELIVERY_SECONDS + 60) * 1_000);

const s3 = new S3Client(client);

const testOfArchive = (name: string, body: (Bucket: string) => Promise<void>) =>
  testWhere(isDeployed('archiveBucketName'), name, 'the stack has no archive', () => body(output('archiveBucketName')));

interface Line {
  transaction?: Record<string, unknown>;
  reason?: string;
  transactionId?: string;
  personal?: object;
  record?: string;
  erased?: boolean;
  processing: Record<string, unknown>;
}

/** A line as who may ask for its key reads it. */
async function opened(line: Line): Promise<Line> {
  const read: string[] = [];
  const lines = (async function* () {
    yield JSON.stringify(line);
  })();
  await openLines(lines, operate, (text) => void read.push(text));
  return JSON.parse(read[0] as string);
}

/** The lines of the kind that were written since then. */
async function linesSince(Bucket: string, kind: string, since: number): Promise<Line[]> {
  const { Contents = [] } = await s3.send(
    new ListObjectsV2Command({ Bucket, Prefix: `${kind}/date=${new Date(since).toISOString().slice(0, 10)}/` }),
  );
  const fresh = Contents.filter(({ LastModified }) => (LastModified?.getTime() ?? 0) >= since - 2_000);
  const texts = fresh.map(async ({ Key }) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    return gunzipSync((await Body?.transformToByteArray()) ?? '').toString('utf8');
  });
  const all = (await Promise.all(texts)).join('');
  expect(all).not.toContain(CARD_NUMBER);
  return all
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** The line of a transaction that was sent since then, once it is archived. */
const archived = (Bucket: string, kind: 'transactions' | 'refused', sent: string, since: number): Promise<Line> =>
  eventually(
    `the archiving of ${sent} among ${kind}`,
    async () => {
      const lines = await linesSince(Bucket, kind, since);
      return lines.find(({ transaction: found, transactionId = found?.transactionId }) => transactionId === sent);
    },
    DELIVERY_SECONDS,
  );

testOfArchive('what arrives is archived without what the contract does not know', async (Bucket) => {
  const since = Date.now();
  const sent = transaction();
  await put({ ...sent, note: 'gift' });
  const line = await archived(Bucket, 'transactions', sent.transactionId, since);
  const { transactionId, occurredAt, amount, currency, merchantId } = sent;
  expect(line.transaction).toEqual({ transactionId, occurredAt, amount, currency, merchantId, outcome: 'approved' });
  expect((await opened(line)).transaction).toEqual({ ...sent, outcome: 'approved' });
  expect(line.processing).toMatchObject({
    format: 2,
    contentHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    shardId: expect.stringMatching(/^shardId-\d{12}$/),
    sequenceNumber: expect.stringMatching(/^\d+$/),
  });
});

testOfArchive('what is refused goes apart with its reason and without the card number', async (Bucket) => {
  const since = Date.now();
  const sent = transaction({ note: `paid with ${CARD_NUMBER}` });
  await put(sent);
  const line = await archived(Bucket, 'refused', sent.transactionId, since);
  expect(line.reason).toBe('card-number:note');
});

testOfArchive('what names a customer in the archive is gone once the customer is erased', async (Bucket) => {
  const since = Date.now();
  // Of a transaction that is accepted, histories would have to be waited for.
  const sent = transaction({ customerId: freshId('erased'), currency: 'YEN' });
  await put(sent);
  await refused(sent.transactionId);
  const line = await archived(Bucket, 'refused', sent.transactionId, since);
  expect(JSON.stringify(line)).not.toContain(sent.customerId);
  expect(JSON.parse((await opened(line)).record as string).customerId).toBe(sent.customerId);

  const { erasure } = await operate<{ erasure: number }>({
    ...{ action: 'erase', customerId: sent.customerId, person: 'it-operator', reason: 'integration test' },
  });
  expect(await approve({ action: 'erase-approve', erasure, person: 'it-approver' })).toMatchObject({
    state: 'done',
    counts: { transactions: 0, quarantined: 1, archiveKeys: 1 },
  });
  const { personal: _, ...rest } = line;
  expect(await opened(line)).toEqual({ ...rest, erased: true });
  expect(await operate({ action: 'verify-chain' })).toMatchObject({ intact: true });
});

testOfArchive('the bucket is encrypted with the key of payment data, versioned and private', async (Bucket) => {
  const { ServerSideEncryptionConfiguration } = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
  expect(ServerSideEncryptionConfiguration?.Rules?.[0]).toMatchObject({
    ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: output('kmsKeyArn') },
    BucketKeyEnabled: true,
  });
  expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Enabled');
  expect((await s3.send(new GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration).toEqual({
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  });
});

testOfArchive('its policy refuses plaintext and every key but its own, and accesses are logged', async (Bucket) => {
  const { Policy = '{}' } = await s3.send(new GetBucketPolicyCommand({ Bucket }));
  const statements: { Sid: string; Effect: string; Condition: object }[] = JSON.parse(Policy).Statement;
  expect(statements.map(({ Effect }) => Effect)).toEqual(['Deny', 'Deny', 'Deny']);
  expect(Object.fromEntries(statements.map(({ Sid, Condition }) => [Sid, Condition]))).toEqual({
    TlsOnly: { Bool: { 'aws:SecureTransport': 'false' } },
    KmsOnly: { StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' } },
    OwnKeyOnly: { StringNotEquals: { 's3:x-amz-server-side-encryption-aws-kms-key-id': output('kmsKeyArn') } },
  });
  const { LoggingEnabled } = await s3.send(new GetBucketLoggingCommand({ Bucket }));
  expect(LoggingEnabled?.TargetPrefix).toBe('archive/');
});

testWhere(
  ON_AWS && isDeployed('archiveBucketName'),
  'an object that names no key, or another algorithm, is refused',
  'the emulator enforces no policy, or the stack has no archive',
  async () => {
    const Bucket = output('archiveBucketName');
    for (const encryption of [{}, { ServerSideEncryption: 'AES256' as const }]) {
      const command = new PutObjectCommand({ Bucket, Key: 'transactions/refused-by-policy', Body: 'x', ...encryption });
      await expect(s3.send(command)).rejects.toMatchObject({ name: 'AccessDenied' });
    }
  },
);

testOfArchive('its log groups expire and are encrypted', async () => {
  const logs = new CloudWatchLogsClient(client);
  for (const name of ['archiveLogGroupName', 'archiverLogGroupName'] as const) {
    const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: output(name) }));
    const group = logGroups.find(({ logGroupName }) => logGroupName === output(name));
    expect(group?.kmsKeyId).toBe(output('monitoringKmsKeyArn'));
    expect(group?.retentionInDays).toBeGreaterThanOrEqual(1);
  }
});
