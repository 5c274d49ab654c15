import { type Case, set } from './change';

export const NAMING: readonly Case[] = [
  [
    'a name of another environment',
    set('Function', 'tap-alerts-publisher-function', 'properties.name', 'lambda-publisher-staging'),
    [
      'names-tell-the-environment, tap-alerts-publisher-function: name is lambda-publisher-staging: name it lambda-purpose-dev',
    ],
  ],
  [
    'a resource of no provider of the stack’s',
    set('Topic', 'tap-alerts-topic', 'defaultTags', undefined),
    [
      'names-tell-the-environment, tap-alerts-topic: name is sns-alerts-dev.fifo: name it sns-purpose-not set',
      'everything-tagged, tap-alerts-topic: default tags is none: let a provider with the tags Project, Environment, ManagedBy, CostCenter, DataClassification make it',
    ],
  ],
];
