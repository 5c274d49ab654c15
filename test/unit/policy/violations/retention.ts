import { type Case, set } from './change';

export const RETENTION: readonly Case[] = [
  [
    'audit events that expire early, and logs that never do',
    (resources) => {
      set('LogGroup', 'tap-network-flow-logs', 'properties.retentionInDays', 30)(resources);
      set('LogGroup', 'tap-cache-slow-log', 'properties.retentionInDays', undefined)(resources);
    },
    [
      'logs-kept, tap-network-flow-logs: retentionInDays is 30: set it to 365 or more',
      'logs-kept, tap-cache-slow-log: retentionInDays is not set: set it to 1 or more',
    ],
  ],
  [
    'a day of backups for a database that is kept',
    (resources) => {
      set('Instance', 'tap-database-transactions', 'properties.backupRetentionPeriod', 1)(resources);
      set('Stream', 'tap-stream-transactions', 'properties.retentionPeriod', 12)(resources);
    },
    [
      'data-kept, tap-stream-transactions: retentionPeriod is 12: set it to 24 or more',
      'data-kept, tap-database-transactions: backupRetentionPeriod is 1: set it to 7 or more',
    ],
  ],
];
