import { UNKNOWN } from '../../../../policy/policy';
import { add, type Case, find, set } from './change';

const FOREIGN = 'arn:aws:kms:ap-northeast-1:123456789012:key/of-someone-else';

export const ENCRYPTION: readonly Case[] = [
  [
    'a stream under a foreign key',
    set('Stream', 'tap-stream-transactions', 'properties.kmsKeyId', FOREIGN),
    [`stores-encrypted, tap-stream-transactions: kmsKeyId is ${FOREIGN}: encrypt it with the stack's data key`],
  ],
  [
    'logs under the key of payment data',
    (resources) => {
      const { arn } = find(resources, 'Key', 'tap-kms-data').properties;
      set('LogGroup', 'tap-network-flow-logs', 'properties.kmsKeyId', arn)(resources);
    },
    [
      "stores-encrypted, tap-network-flow-logs: kmsKeyId is arn:aws:kms:ap-northeast-1:123456789012:key/tap-kms-data: encrypt it with the stack's monitoring key",
    ],
  ],
  [
    'a bucket under S3’s own key',
    set(
      'BucketServerSideEncryptionConfiguration',
      'tap-archive-bucket',
      'properties.rules.0.applyServerSideEncryptionByDefault',
      { sseAlgorithm: 'AES256' },
    ),
    [
      'stores-encrypted, tap-archive-bucket: rules.0.applyServerSideEncryptionByDefault.sseAlgorithm is AES256: set it to aws:kms',
      "stores-encrypted, tap-archive-bucket: rules.0.applyServerSideEncryptionByDefault.kmsMasterKeyId is not set: encrypt it with the stack's data key",
    ],
  ],
  [
    'a database that is not encrypted',
    set('Instance', 'tap-database-transactions', 'properties.storageEncrypted', false),
    ['stores-encrypted, tap-database-transactions: storageEncrypted is false: set it to true'],
  ],
  [
    'a key that is to be of another resource once that is known',
    (resources) => {
      set('Stream', 'tap-stream-transactions', 'properties.kmsKeyId', UNKNOWN)(resources);
      const { urn } = find(resources, 'Key', 'tap-kms-monitoring');
      set('Stream', 'tap-stream-transactions', 'references.kmsKeyId', [urn])(resources);
    },
    ["stores-encrypted, tap-stream-transactions: kmsKeyId is not of that key: encrypt it with the stack's data key"],
  ],
  [
    'a type that nobody has looked at',
    add('aws:dynamodb/table:Table', { name: 'dynamodb-cases-dev' }),
    [
      'known-resource-types, tap-new: type is aws:dynamodb/table:Table: say in policy/encryption.ts under which key it keeps data, or in policy/resource-types.ts that it keeps none',
    ],
  ],
  [
    'a key without rotation and with a short window',
    (resources) => {
      set('Key', 'tap-kms-data', 'properties.enableKeyRotation', false)(resources);
      set('Key', 'tap-kms-data', 'properties.deletionWindowInDays', undefined)(resources);
    },
    [
      'keys-rotated, tap-kms-data: enableKeyRotation is false: set it to true',
      'keys-rotated, tap-kms-data: deletionWindowInDays is not set: set it to 7 or more',
    ],
  ],
];
