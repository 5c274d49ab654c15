import { type Case, set } from './change';

export const SIGN_IN: readonly Case[] = [
  [
    'passwords in place of IAM',
    (resources) => {
      set('Instance', 'tap-database-transactions', 'properties.iamDatabaseAuthenticationEnabled', false)(resources);
      set('ReplicationGroup', 'tap-cache-history', 'properties.authToken', 'hidden')(resources);
      set('User', 'tap-cache-processor', 'properties.authenticationMode.type', 'password')(resources);
    },
    [
      'iam-sign-in, tap-cache-processor: authenticationMode.type is password: let it sign in through IAM, or switch it off',
      'iam-sign-in, tap-cache-history: authToken is set: leave it out: users sign in through IAM',
      'iam-sign-in, tap-database-transactions: iamDatabaseAuthenticationEnabled is false: set it to true',
    ],
  ],
  [
    'a user of the cache that may do anything',
    set('User', 'tap-cache-processor', 'properties.accessString', 'on ~* +@all'),
    [
      'cache-access-listed, tap-cache-processor: accessString is on ~* +@all: begin with -@all, and add commands and keys one by one',
    ],
  ],
  [
    'a secret in a variable',
    set('Function', 'tap-alerts-publisher-function', 'properties.environment.variables', {
      DATABASE_PASSWORD: 'x',
      DATABASE_SECRET_ARN: 'y',
    }),
    [
      'no-secret-variables, tap-alerts-publisher-function: environment.variables is ["DATABASE_PASSWORD","DATABASE_SECRET_ARN"]: read secrets where they are kept',
    ],
  ],
];
