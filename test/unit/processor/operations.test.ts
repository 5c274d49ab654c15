import { readFileSync } from 'node:fs';
import { handler } from '../../../processor/operations';
import { invoke, type MigratedDatabase, RULE_SET, startMigratedDatabase } from '../../helpers/migrated-database';

let database: MigratedDatabase;

beforeAll(async () => {
  database = await startMigratedDatabase();
}, 30_000);

afterAll(() => database.stop());

const id = 'must be 1 to 64 characters of A-Z a-z 0-9 _ . : -';

test.each<[unknown, string]>([
  [undefined, 'nothing'],
  [{}, 'nothing'],
  ['status', 'nothing'],
  [{ action: 'drop' }, 'a text of 4 characters'],
  [{ action: 'constructor' }, 'a text of 11 characters'],
  [{ action: 4111111111111111 }, 'a large number'],
])('%j is refused with the actions there are', async (event, found) => {
  await expect(invoke(event)).rejects.toThrow(
    new RegExp(`^action: found ${found}; set one of migrate, status, lookup, verify, `),
  );
});

test.each<[unknown, string]>([
  [{ action: 'lookup' }, 'lookup: transactionId: found nothing; must be a string'],
  [{ action: 'verify', transactionId: 'a b' }, `verify: transactionId: found a text of 3 characters; ${id}`],
  [{ action: 'status', extra: 1 }, 'status: extra: found 1; remove it; known here are action'],
  [
    { action: 'lookup', transactionId: '4111111111111111' },
    'lookup: the request holds what may be a card number; name tokens and ids only',
  ],
])('%j is refused by the field that is wrong', async (event, message) => {
  const before = await database.only('SELECT count(*)::integer FROM tap.audit_log');
  await expect(invoke(event)).rejects.toThrow(new Error(message));
  expect(await database.only('SELECT count(*)::integer FROM tap.audit_log')).toEqual(before);
});

test.each(['docs/rules.md', 'docs/operations.md', 'docs/erasure.md'])('%s commands what there is', async (file) => {
  const commands = [...readFileSync(file, 'utf8').matchAll(/(ask|approve) '(\{.*\})'/g)];
  expect(commands.length).toBeGreaterThan(2);
  for (const [, alias, request] of commands) {
    const message = await invoke(JSON.parse(request as string), alias === 'ask' ? 'operate' : 'approve').then(
      () => 'done',
      (error: Error) => error.message,
    );
    expect(message).not.toMatch(/: found | is not to be had here/);
  }
});

test.each([
  ['status', 'operate', true],
  ['status', 'approve', true],
  ['status', '$LATEST', false],
  ['propose', 'operate', true],
  ['propose', 'approve', false],
  ['activate', 'operate', false],
  ['activate', 'approve', true],
  ['migrate', 'operate', false],
  ['migrate', 'approve', false],
  ['migrate', '$LATEST', true],
])('%s through the alias %s', async (action, alias, allowed) => {
  const { version } = RULE_SET;
  const requests: Record<string, object> = {
    propose: { ruleSet: RULE_SET, author: 'alice', reason: 'why' },
    activate: { version, approver: 'bob', reason: 'why' },
  };
  const answer = await invoke({ action, ...requests[action] }, alias).then(
    () => 'done',
    (error: Error) => error.message,
  );
  const places: Record<string, string> = {
    status: 'its alias "operate" or its alias "approve"',
    propose: 'its alias "operate"',
    activate: 'its alias "approve"',
    migrate: 'the function itself',
  };
  const refused = `${action} is not to be had here; invoke ${places[action]}`;
  const done =
    action === 'activate' ? `rule set ${version} is active; only a draft or shadow can be made active` : 'done';
  expect(answer).toBe(allowed ? done : refused);
});

test('without an alias the deployment is all there is', async () => {
  const invokedFunctionArn = 'arn:aws:lambda:ap-northeast-1:123456789012:function:lambda-operations-test';
  await expect(handler({ action: 'status' }, { awsRequestId: 'r', invokedFunctionArn })).rejects.toThrow(
    'status is not to be had here; invoke its alias "operate" or its alias "approve"',
  );
});

test('what operators look at is audited before they see it, and stays', async () => {
  const before = await database.only('SELECT count(*)::integer FROM tap.audit_log');
  await invoke({ action: 'lookup', transactionId: 'forged' });
  expect(
    await database.only('SELECT action, detail, database_user FROM tap.audit_log ORDER BY id DESC LIMIT 1'),
  ).toEqual(['lookup', { transactionId: 'forged', awsRequestId: 'request-1' }, 'tap_operator']);
  expect(await database.only('SELECT count(*)::integer FROM tap.audit_log')).toEqual([(before[0] as number) + 1]);
});
