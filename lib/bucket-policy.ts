import * as pulumi from '@pulumi/pulumi';
import type { Statement } from './policies';

/** Refuses every request to a bucket that is not encrypted on its way. */
export function tlsOnly(bucketArn: pulumi.Input<string>): Statement {
  return {
    Sid: 'TlsOnly',
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: [bucketArn, pulumi.interpolate`${bucketArn}/*`],
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
}

/**
 * Refuses objects that are to be stored under any key but one, keys that come with a request (SSE-C) among them.
 *
 * @param unstated what becomes of an object whose request says nothing of encryption: it is refused, or S3 stores it under
 * the bucket's default, which is the same key
 */
export function ownKeyOnly(
  bucketArn: pulumi.Input<string>,
  kmsKeyArn: pulumi.Input<string>,
  unstated: 'refused' | 'default',
): Statement[] {
  const deny = (Sid: string, Condition: Statement['Condition']): Statement => ({
    Sid,
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:PutObject',
    Resource: pulumi.interpolate`${bucketArn}/*`,
    Condition,
  });
  const given = (header: string) => ({ Null: { [header]: 'false' } });
  const unless = (header: string, value: pulumi.Input<string>): Statement['Condition'] => ({
    StringNotEquals: { [header]: value }, // holds for a missing header as well
    ...(unstated === 'default' && given('s3:x-amz-server-side-encryption')),
  });
  return [
    deny('KmsOnly', unless('s3:x-amz-server-side-encryption', 'aws:kms')),
    deny('OwnKeyOnly', unless('s3:x-amz-server-side-encryption-aws-kms-key-id', kmsKeyArn)),
    // A request that brings a key along says nothing in those headers, and is refused for that unless it may.
    ...(unstated === 'default'
      ? [deny('NoKeyBroughtAlong', given('s3:x-amz-server-side-encryption-customer-algorithm'))]
      : []),
  ];
}
