import { type Case, set, statement } from './change';

export const ACCESS: readonly Case[] = [
  [
    'an action that is any',
    statement('RolePolicy', 'tap-stream-producer', 'PutTransactions', { Action: 'kinesis:*' }),
    ['no-wildcard-actions, tap-stream-producer: PutTransactions: Action is kinesis:*: list the actions'],
  ],
  [
    'all actions but some',
    statement('RolePolicy', 'tap-stream-producer', 'PutTransactions', {
      Action: undefined,
      NotAction: 'kinesis:DeleteStream',
    }),
    ['no-wildcard-actions, tap-stream-producer: PutTransactions: Action is all but some: list the actions'],
  ],
  [
    'a resource that is any',
    statement('RolePolicy', 'tap-stream-producer', 'PutTransactions', {
      Resource: 'arn:aws:kinesis:*:123456789012:stream/*',
    }),
    [
      'no-wildcard-resources, tap-stream-producer: PutTransactions: Resource is kinesis:PutRecord, kinesis:PutRecords on arn:aws:kinesis:*:123456789012:stream/*: name the resources',
    ],
  ],
  [
    'more than an exception is for',
    statement('RolePolicy', 'tap-alerts-publisher-policy', 'AttachToVpc', { Action: ['ec2:DeleteVpc'] }),
    [
      'no-wildcard-resources, tap-alerts-publisher-policy: AttachToVpc: Resource is ec2:DeleteVpc on *: name the resources',
    ],
  ],
  [
    'a managed policy',
    set(
      'RolePolicyAttachment',
      'tap-database-monitoring',
      'properties.policyArn',
      'arn:aws:iam::aws:policy/ReadOnlyAccess',
    ),
    [
      "no-managed-policies, tap-database-monitoring: policyArn is arn:aws:iam::aws:policy/ReadOnlyAccess: write the role's policy out",
    ],
  ],
];
