import { type Case, set, statement } from './change';

export const TRANSPORT: readonly Case[] = [
  [
    'a cache that also takes plaintext',
    set('ReplicationGroup', 'tap-cache-history', 'properties.transitEncryptionMode', 'preferred'),
    ['stores-over-tls, tap-cache-history: transitEncryptionMode is preferred: set it to required'],
  ],
  [
    'a database that does not force TLS',
    set('ParameterGroup', 'tap-database-parameters', 'properties.parameters.0.value', '0'),
    ['stores-over-tls, tap-database-parameters: parameters is without rds.force_ssl=1: set rds.force_ssl to 1'],
  ],
  [
    'a bucket that denies plaintext to one principal only',
    statement('BucketPolicy', 'tap-archive-bucket', 'TlsOnly', {
      Principal: { AWS: 'arn:aws:iam::123456789012:root' },
    }),
    [
      'policies-refuse-plaintext, tap-archive-bucket: policy is without a denial of plaintext: deny s3:* where aws:SecureTransport is false',
    ],
  ],
  [
    'a topic that takes plaintext',
    statement('Topic', 'tap-monitoring-alarms', 'TlsOnly', { Action: 'sns:Subscribe' }),
    [
      'policies-refuse-plaintext, tap-monitoring-alarms: policy is without a denial of plaintext: deny sns:Publish where aws:SecureTransport is false',
    ],
  ],
];
