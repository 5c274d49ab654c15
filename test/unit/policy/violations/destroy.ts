import { type Case, set, statement } from './change';

export const DESTROY: readonly Case[] = [
  [
    'one bucket that may be thrown away',
    set('Bucket', 'tap-archive-bucket', 'properties.forceDestroy', true),
    ['protected-together, tap-archive-bucket: forceDestroy is true: let it be as for one that is kept'],
  ],
  [
    'a stream that Pulumi would delete',
    set('Stream', 'tap-stream-transactions', 'protect', false),
    ['protected-together, tap-stream-transactions: protect is false: let it be as for one that is kept'],
  ],
  [
    'what a destroy would leave behind',
    (resources) => {
      set('LogGroup', 'tap-cache-slow-log', 'properties.skipDestroy', true)(resources);
      statement('RolePolicy', 'tap-stream-producer', 'PutTransactions', {
        Action: ['kinesis:PutRecord', 'logs:CreateLogGroup'],
      })(resources);
    },
    [
      'nothing-left-behind, tap-cache-slow-log: skipDestroy is true: let destroy delete it',
      'nothing-left-behind, tap-stream-producer: policy is one that makes log groups: leave logs:CreateLogGroup out: the group would outlive the stack',
    ],
  ],
];
