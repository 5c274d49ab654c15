import type { QueryConfig, QueryResult } from 'pg';
import { listsAt, type Policy, PolicySource } from '../../../../processor/policy/policy';
import { invoke, type MigratedDatabase, RULE_SET, startMigratedDatabase } from '../../../helpers/migrated-database';
import { transaction } from '../../../helpers/transactions';

let database: MigratedDatabase;
let clock = 1_000_000;
let source: PolicySource;

beforeAll(async () => {
  database = await startMigratedDatabase();
  source = new PolicySource(database.processor as never, () => clock);
}, 30_000);

afterAll(() => database.stop());

const propose = (version: string) =>
  invoke({ action: 'propose', ruleSet: { ...RULE_SET, version }, author: 'alice', reason: 'why' });
const activate = (version: string) =>
  invoke({ action: 'activate', version, approver: 'bob', reason: 'why' }, 'approve');
const add = (list: string, fields: object = {}) =>
  invoke({ action: 'list-add', list, kind: 'token', value: 'token-1', reason: list, author: 'alice', ...fields });
const versions = ({ active, shadows, lists }: Policy) => [
  active.version,
  shadows.map(({ version }) => version),
  lists.version,
];

test('a policy is the active rule set, those tried out, and the lists', async () => {
  const policy = await source.current();
  expect(policy.active).toEqual(RULE_SET);
  expect(versions(policy)).toEqual([RULE_SET.version, [], 0]);
  expect(policy.lists.hitsOf(transaction())).toEqual([]);
});

test('what changed is seen after 20 seconds, and not by who has the policy already', async () => {
  const before = await source.current();
  await propose('two');
  await activate('two');
  await propose('b');
  await propose('a');
  for (const version of ['a', 'b']) await invoke({ action: 'shadow', version, person: 'alice', reason: 'why' });
  await add('watch');
  await add('block');
  clock += 19_999;
  expect(await source.current()).toBe(before);
  clock += 1;
  const after = await source.current();
  expect(versions(after)).toEqual(['two', ['a', 'b'], 2]);
  expect(after.lists.hitsOf(transaction())).toEqual([
    { list: 'watch', of: 'token', entry: 1, reason: 'watch' },
    { list: 'block', of: 'token', entry: 2, reason: 'block' },
  ]);
  expect(versions(before)).toEqual([RULE_SET.version, [], 0]);
  expect(before.lists.hitsOf(transaction())).toEqual([]);
});

test('only changes that are not known yet are read, and rule sets are parsed once', async () => {
  const queries: unknown[][] = [];
  const counted = new PolicySource(
    {
      query: async (query: QueryConfig) => {
        const result: QueryResult = await database.processor.query(query);
        queries.push([query.name, result.rowCount, ...(query.values ?? [])]);
        return result;
      },
    } as never,
    () => clock,
  );
  const first = await counted.current();
  await add('allow');
  clock += 20_000;
  const second = await counted.current();
  expect(queries).toEqual([
    ['rule-sets', 3],
    ['list-changes', 2, 0, null],
    ['rule-sets', 3],
    ['list-changes', 1, 2, null],
  ]);
  expect(second.active).toBe(first.active);
  expect(second.lists.version).toBe(3);
});

test('the lists of any moment can be had again', async () => {
  const hits = async (version: number) =>
    (await listsAt(database.operator as never, version)).hitsOf(transaction()).map(({ entry }) => entry);
  expect([await hits(0), await hits(1), await hits(2), await hits(3)]).toEqual([[], [1], [1, 2], [1, 2, 3]]);
});

test('an expiry holds to the millisecond', async () => {
  const expires = '2099-01-01T00:00:00.123Z';
  await add('watch', { value: 'token-2', expires });
  clock += 20_000;
  const { lists } = await source.current();
  const at = (text: string) => lists.hitsOf(transaction({ paymentToken: 'token-2', occurredAt: Date.parse(text) }));
  expect(at('2099-01-01T00:00:00.122Z').map(({ entry }) => entry)).toEqual([4]);
  expect(at(expires)).toEqual([]);
});

test('a database without an active rule set says so', async () => {
  const empty = new PolicySource({ query: async () => ({ rows: [] }) } as never);
  await expect(empty.current()).rejects.toThrow(
    'no rule set is active; the deployment makes the first one so by {"action": "migrate"}',
  );
});

test('the processor can read rule sets and lists, and nothing else of what analysts do', async () => {
  const refusal = (sql: string) =>
    database.processor.query(sql).then(
      () => 'done',
      (error: Error) => error.message,
    );
  expect(await refusal('SELECT FROM tap.list_changes')).toBe('done');
  for (const [table, sql] of [
    ['list_changes', "INSERT INTO tap.list_changes (list) VALUES ('block')"],
    ['dispositions', 'SELECT FROM tap.dispositions'],
    ['rule_sets', 'DELETE FROM tap.rule_sets'],
  ])
    expect(await refusal(sql as string)).toBe(`permission denied for table ${table}`);
  expect(await refusal("SELECT tap.change_rule_set('a', 'activate', 'bob', 'why')")).toBe(
    'permission denied for function change_rule_set',
  );
});
