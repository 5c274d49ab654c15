import {
  basic,
  cacheVariables,
  commonVariables,
  connectToCache,
  connectToDatabase,
  databaseVariables,
  REGION_ACCOUNT,
  readCredentials,
  useKey,
} from '../../helpers/functions';
import { policyOf, type Recording, SECRET_ARN } from '../../helpers/pulumi';
import { evaluateStack } from '../../helpers/stack';

const FUNCTION = 'aws:lambda/function:Function';
const POLICY = 'aws:iam/rolePolicy:RolePolicy';
const ROLE = 'aws:iam/role:Role';
const INVOCATION = 'aws:lambda/invocation:Invocation';
const OPERATIONS = 'tap-processor-operations';

let stack: Recording;
beforeAll(async () => {
  stack = await evaluateStack({ config: { ephemeral: 'true' } });
});

describe('the operations function', () => {
  it('runs beside it, with the secret by ARN only', () => {
    const { code, ...inputs } = stack.find(FUNCTION, `${OPERATIONS}-function`).inputs;
    expect(inputs).toMatchObject({
      name: 'lambda-operations-dev',
      description: 'Migrates the database and answers operators',
      role: 'arn:aws:iam::123456789012:role/iam-operations-dev',
      memorySize: 2_048,
      timeout: 900,
      vpcConfig: { securityGroupIds: ['tap-network-operations-id'] },
      loggingConfig: { logGroup: '/aws/lambda/lambda-operations-dev' },
    });
    expect(inputs.environment.variables).toEqual({
      ...commonVariables('lambda-operations-dev'),
      ...databaseVariables('tap_operator'),
      ...cacheVariables('redis-operator-dev'),
      ALLOWED_LATENESS_MINUTES: '60',
      DATABASE_SECRET_ARN: SECRET_ARN,
    });
  });

  it('may do exactly this', () => {
    expect(policyOf(stack.find(POLICY, `${OPERATIONS}-policy`)).Statement).toEqual([
      ...basic('lambda-operations-dev'),
      connectToDatabase('tap_operator'),
      connectToCache('redis-operator-dev'),
      readCredentials,
    ]);
  });

  it('may also decrypt with the key of the secret, where that has one of its own', async () => {
    const dbSecretKeyArn = `arn:aws:kms:${REGION_ACCOUNT}:key/0b1c`;
    const { Statement } = policyOf(
      (await evaluateStack({ config: { dbSecretKeyArn } })).find(POLICY, `${OPERATIONS}-policy`),
    );
    expect(Statement).toEqual([
      ...basic('lambda-operations-dev'),
      connectToDatabase('tap_operator'),
      connectToCache('redis-operator-dev'),
      readCredentials,
      useKey('DecryptCredentials', 'kms:Decrypt', 'secretsmanager', dbSecretKeyArn),
    ]);
  });
});

describe.each([
  ['operator', 'operate'],
  ['approver', 'approve'],
])('the %s', (member, alias) => {
  const ALIAS_ARN = `arn:aws:lambda:${REGION_ACCOUNT}:function:lambda-operations-dev:${alias}`;

  it('invokes the newest operations function under an alias of its own, and may do nothing else', () => {
    expect(stack.find('aws:lambda/alias:Alias', `tap-processor-${member}`).inputs).toEqual({
      name: alias,
      functionName: 'lambda-operations-dev',
      functionVersion: '$LATEST',
    });
    expect(policyOf(stack.find(POLICY, `tap-processor-${member}`)).Statement).toEqual([
      { Sid: 'InvokeOperations', Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: ALIAS_ARN },
    ]);
  });

  it('is whom the settings name, or whoever the account lets', async () => {
    const role = (recording: Recording) => recording.find(ROLE, `tap-processor-${member}`);
    const trusted = (recording: Recording) => policyOf(role(recording), 'assumeRolePolicy').Statement;
    expect(role(stack).inputs).toMatchObject({
      name: `iam-${member}-dev`,
      description: `Invokes the operations function under its alias ${alias}`,
    });
    expect(trusted(stack)).toEqual([
      { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::123456789012:root' }, Action: 'sts:AssumeRole' },
    ]);
    const principals = ['arn:aws:iam::123456789012:role/risk'];
    const named = await evaluateStack({ config: { [`${member}Principals`]: JSON.stringify(principals) } });
    expect(trusted(named)).toEqual([{ Effect: 'Allow', Principal: { AWS: principals }, Action: 'sts:AssumeRole' }]);
  });
});

describe('the rebuild of histories', () => {
  it('is asked for every quarter of an hour, as an operator asks', () => {
    const operate = `arn:aws:lambda:${REGION_ACCOUNT}:function:lambda-operations-dev:operate`;
    expect(stack.find('aws:cloudwatch/eventRule:EventRule', 'tap-processor-rebuild').inputs).toEqual({
      name: 'events-rebuild-dev',
      description: 'Has histories that lost something rebuilt',
      scheduleExpression: 'rate(15 minutes)',
    });
    expect(stack.find('aws:lambda/permission:Permission', 'tap-processor-rebuild').inputs).toEqual({
      statementId: 'events-rebuild-dev',
      function: 'lambda-operations-dev',
      qualifier: 'operate',
      action: 'lambda:InvokeFunction',
      principal: 'events.amazonaws.com',
      sourceArn: `arn:aws:events:${REGION_ACCOUNT}:rule/events-rebuild-dev`,
    });
    const target = stack.find('aws:cloudwatch/eventTarget:EventTarget', 'tap-processor-rebuild');
    expect(target.inputs).toEqual({
      rule: 'events-rebuild-dev',
      targetId: 'function',
      arn: operate,
      input: '{"action":"rebuild"}',
    });
    expect(stack.closure(target)).toContain('aws:lambda/permission:Permission tap-processor-rebuild');
  });
});

describe('the audit chain and the sums of confirmed fraud', () => {
  it.each(['verify-chain', 'merchants-at-risk'])('are looked at every hour: %s', (action) => {
    expect(stack.find('aws:cloudwatch/eventRule:EventRule', `tap-processor-${action}`).inputs).toEqual({
      name: `events-${action}-dev`,
      description: expect.stringMatching(/^Has .{20,}/),
      scheduleExpression: 'rate(1 hour)',
    });
    expect(stack.find('aws:cloudwatch/eventTarget:EventTarget', `tap-processor-${action}`).inputs).toEqual({
      rule: `events-${action}-dev`,
      targetId: 'function',
      arn: `arn:aws:lambda:${REGION_ACCOUNT}:function:lambda-operations-dev:operate`,
      input: `{"action":"${action}"}`,
    });
  });
});

describe('permissions', () => {
  it('have ids of their own, since Lambda refuses a second statement of an id', () => {
    const ids = stack
      .ofType('aws:lambda/permission:Permission')
      .map(({ inputs }) => `${inputs.function}:${inputs.qualifier} ${inputs.statementId}`);
    expect(ids).toHaveLength(4);
    expect(new Set(ids).size).toBe(4);
  });
});

describe('the migration', () => {
  it('runs when a migration or the rule set changes, and on nothing else', () => {
    expect(stack.find(INVOCATION).inputs).toEqual({
      functionName: 'lambda-operations-dev',
      input: '{"action":"migrate"}',
      lifecycleScope: 'CREATE_ONLY',
      triggers: {
        migrations: '68d52a361c70c683b121f31103818ba7960f1aef6e6b05d3ac8485f21a6ecba9',
        ruleSet: '5210465179c1fbf76c98b7c0fa506290cd828f02336c4b9e4dd1d2879ca7dad6',
      },
    });
  });

  it('comes after the whole network and the database, and before new code meets the stream', () => {
    const before = stack.closure(stack.find(INVOCATION));
    for (const resource of [
      'aws:rds/instance:Instance tap-database-transactions',
      'aws:ec2/vpcEndpoint:VpcEndpoint tap-network-secretsmanager',
      'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule tap-network-operations-to-database-egress',
      'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule tap-network-operations-to-database-ingress',
      'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule tap-network-operations-to-endpoints-egress',
      'aws:iam/rolePolicy:RolePolicy tap-processor-operations-policy',
    ]) {
      expect(before).toContain(resource);
    }
    for (const name of ['tap-processor-stream', 'tap-alerts-publisher']) {
      expect(stack.closure(stack.find(FUNCTION, `${name}-function`))).toContain(
        `${INVOCATION} tap-processor-migration`,
      );
    }
  });
});
