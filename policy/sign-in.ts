import { expectAt, expectEqual, type Finding, judge, type Resource, type ResourcePolicy, valueAt } from './policy';

/** Who signs in to a store, and how. */
const STORES: Record<string, (resource: Resource) => Finding[]> = {
  'aws:rds/instance:Instance': (database) => [expectEqual(database, 'iamDatabaseAuthenticationEnabled', true)],
  'aws:elasticache/replicationGroup:ReplicationGroup': (cache) => [
    judge(
      cache,
      'userGroupIds',
      valueAt(cache, 'userGroupIds'),
      (ids: unknown[] = []) => ids.length === 1,
      'give it a user group',
      'one group',
    ),
    judge(
      cache,
      'authToken',
      valueAt(cache, 'authToken') === undefined ? 'not set' : 'set',
      (is) => is === 'not set',
      'leave it out: users sign in through IAM',
    ),
  ],
  'aws:elasticache/user:User': (user) => {
    const off = /^off( |$)/.test(String(valueAt(user, 'accessString')));
    const kind = valueAt(user, 'authenticationMode.type');
    const shown = off ? 'switched off' : String(kind);
    return [
      judge(
        user,
        'authenticationMode.type',
        kind,
        (type) => off || type === 'iam',
        'let it sign in through IAM, or switch it off',
        shown,
      ),
    ];
  },
};

export const iamSignIn: ResourcePolicy = {
  name: 'iam-sign-in',
  description: 'Functions sign in to cache and database with IAM tokens; no account of theirs has a password',
  clauses: ['PCI 2.2.2', 'PCI 7.3.3', 'PCI 8.2.1', 'PCI 8.6.1', 'PCI 8.6.2', 'PCI 8.6.3', 'APPI GL 10-6(2)', 'LGPD 46'],
  each: (resource) => STORES[resource.type]?.(resource) ?? [],
};

export const accessListed: ResourcePolicy = {
  name: 'cache-access-listed',
  description: 'A user of the cache may use the commands and keys that are listed, not all of them',
  clauses: ['PCI 7.2.5', 'PCI 7.3.3', 'APPI GL 10-6(1)', 'LGPD 46'],
  each(resource) {
    if (resource.type !== 'aws:elasticache/user:User') return [];
    const listed = (access: string) =>
      access.includes(' -@all ') && !/ (~\*|allkeys|\+@all|allcommands)( |$)/.test(access);
    return [expectAt(resource, 'accessString', listed, 'begin with -@all, and add commands and keys one by one')];
  },
};

/** Names under which a secret would be passed; that of where one is kept is none. */
const SECRET = /(PASSWORD|PASSWD|SECRET|TOKEN|PRIVATE|CREDENTIAL|API_?KEY)/i;
const WHERE = /_(ARN|NAME)$/;

export const noSecretVariables: ResourcePolicy = {
  name: 'no-secret-variables',
  description: 'No variable of a function is named like a secret',
  clauses: ['PCI 8.6.2', 'PCI 8.3.2', 'APPI GL 10-6(2)', 'LGPD 46'],
  each(resource) {
    if (resource.type !== 'aws:lambda/function:Function') return [];
    const variables = valueAt(resource, 'environment.variables');
    const names = typeof variables === 'symbol' ? variables : Object.keys(variables ?? {}).sort();
    const secrets = (all: string[]) => all.filter((name) => SECRET.test(name) && !WHERE.test(name));
    return [
      judge(
        resource,
        'environment.variables',
        names,
        (all: string[]) => secrets(all).length === 0,
        'read secrets where they are kept',
      ),
    ];
  },
};
