import { type Case, remove, set } from './change';

export const BUCKETS: readonly Case[] = [
  [
    'a bucket without its block of public access',
    remove('BucketPublicAccessBlock', 'tap-archive-bucket'),
    ['buckets-closed, tap-archive-bucket: BucketPublicAccessBlock is 0: give the bucket exactly one'],
  ],
  [
    'a bucket whose block has a hole, and that keeps no versions',
    (resources) => {
      set('BucketPublicAccessBlock', 'tap-access-logs', 'properties.blockPublicPolicy', false)(resources);
      set('BucketVersioning', 'tap-access-logs', 'properties.versioningConfiguration.status', 'Suspended')(resources);
    },
    [
      'buckets-closed, tap-access-logs: blockPublicPolicy is false: set it to true',
      'buckets-closed, tap-access-logs: versioningConfiguration.status is Suspended: set it to Enabled',
    ],
  ],
  [
    'a bucket that keeps everything for ever',
    remove('BucketLifecycleConfiguration', 'tap-archive-bucket'),
    [
      'buckets-closed, tap-archive-bucket: BucketLifecycleConfiguration is 0: say when its objects expire, or let destroy empty it',
    ],
  ],
  [
    'access logs for a month',
    set('BucketLifecycleConfiguration', 'tap-access-logs', 'properties.rules.0.expiration.days', 30),
    ['objects-expire, tap-access-logs: rules.0.expiration.days is 30: set it to 365 or more'],
  ],
  [
    'a bucket whose accesses nobody sees',
    remove('BucketLogging', 'tap-archive-bucket'),
    ['buckets-log-access, tap-archive-bucket: BucketLogging is not set: log its accesses in the bucket for that'],
  ],
];
