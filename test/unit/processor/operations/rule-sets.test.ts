import { Client } from 'pg';
import { databaseAddress } from '../../../../processor/database';
import {
  invoke,
  type MigratedDatabase,
  migrate,
  RULE_SET,
  startMigratedDatabase,
} from '../../../helpers/migrated-database';

const FIRST: string = RULE_SET.version;

let database: MigratedDatabase;

beforeAll(async () => {
  database = await startMigratedDatabase();
}, 30_000);

afterAll(() => database.stop());

/** The default rule set as another version. */
const content = (version: string, changes: object = {}) => ({ ...RULE_SET, version, ...changes });
const propose = (version: string, author = 'alice', changes: object = {}) =>
  invoke({ action: 'propose', ruleSet: content(version, changes), author, reason: 'fewer false alarms' });
const change = (action: string, version: string, person = 'alice') =>
  invoke({ action, version, person, reason: 'as agreed' });
const activate = (version: string, approver = 'bob') =>
  invoke({ action: 'activate', version, approver, reason: 'the replay looks right' }, 'approve');
const states = async () =>
  Object.fromEntries(
    ((await invoke({ action: 'rule-sets' })) as { ruleSets: { version: string; state: string }[] }).ruleSets.map(
      ({ version, state }) => [version, state],
    ),
  );

/** What PostgreSQL says to somebody who has the operators' role. */
const refusal = (sql: string, client = database.operator) =>
  client.query(sql).then(
    () => 'done',
    (error: Error) => error.message,
  );

test('a rule set goes from draft to shadow to active, and the one it replaces retires', async () => {
  expect(await propose('two')).toEqual({
    version: 'two',
    state: 'draft',
    author: 'alice',
    proposedAt: expect.stringMatching(/^20\d\d-/),
    approver: null,
    activatedAt: null,
    replaced: null,
  });
  expect(await change('shadow', 'two')).toEqual({ version: 'two', state: 'shadow', active: FIRST });
  expect(await activate('two')).toEqual({ version: 'two', state: 'active', active: 'two' });
  expect(await states()).toEqual({ two: 'active', [FIRST]: 'retired' });
  expect(await invoke({ action: 'rule-set', version: 'two' })).toEqual({
    version: 'two',
    state: 'active',
    author: 'alice',
    proposedAt: expect.stringMatching(/^20\d\d-/),
    approver: 'bob',
    activatedAt: expect.stringMatching(/^20\d\d-/),
    replaced: FIRST,
    content: content('two'),
    changes: [
      ['activate', 'shadow', 'active', 'bob', 'the replay looks right'],
      ['shadow', 'draft', 'shadow', 'alice', 'as agreed'],
      ['propose', null, 'draft', 'alice', 'fewer false alarms'],
    ].map(([change, from, to, person, reason]) => ({
      ...{ change, from, to, person, reason },
      changedAt: expect.stringMatching(/^20\d\d-/),
    })),
  });
});

test('rollback goes back one activation at a time, and twice the same is refused', async () => {
  await propose('three');
  await activate('three');
  expect(await change('rollback', 'three', 'carol')).toEqual({ version: 'three', state: 'retired', active: 'two' });
  await expect(change('rollback', 'three')).rejects.toThrow('rule set three is not active, two is');
  expect(await change('rollback', 'two', 'carol')).toEqual({ version: 'two', state: 'retired', active: FIRST });
  await expect(change('rollback', FIRST)).rejects.toThrow(`no rule set was active before ${FIRST}`);
  expect(await states()).toEqual({ [FIRST]: 'active', two: 'retired', three: 'retired' });
  expect(
    await database.only(
      `SELECT version, from_state, to_state, person FROM tap.rule_set_changes WHERE change = 'rollback' ORDER BY id`,
    ),
  ).toEqual([
    ...['three', 'active', 'retired', 'carol'],
    ...['two', 'retired', 'active', 'carol'],
    ...['two', 'active', 'retired', 'carol'],
    ...[FIRST, 'retired', 'active', 'carol'],
  ]);
  expect(
    await database.only(
      "SELECT detail->>'version', detail->>'person', detail->>'reason' FROM tap.audit_log WHERE action = 'rollback' ORDER BY id LIMIT 1",
    ),
  ).toEqual(['three', 'carol', 'as agreed']);
  await propose('after');
  await activate('after');
  await expect(change('rollback', 'after')).resolves.toMatchObject({ active: FIRST });
});

test('an activation takes two persons and the alias of approvers', async () => {
  await propose('own', 'Dana');
  for (const same of ['Dana', 'dana'])
    await expect(activate('own', same)).rejects.toThrow(
      'rule set own was proposed by Dana; another person must activate it',
    );
  const request = { action: 'activate', version: 'own', approver: 'bob', reason: 'now' };
  await expect(invoke(request, 'operate')).rejects.toThrow(
    'activate is not to be had here; invoke its alias "approve"',
  );
  expect(await states()).toMatchObject({ own: 'draft', [FIRST]: 'active' });
});

test.each([
  ['activate', 'nobody', 'there is no rule set nobody; propose it first'],
  ['activate', 'two', 'rule set two is retired; only a draft or shadow can be made active'],
  ['activate', FIRST, `rule set ${FIRST} is active; only a draft or shadow can be made active`],
  ['shadow', 'two', 'rule set two is retired; only a draft can be made shadow'],
  ['retire', 'two', 'rule set two is retired; only a draft or shadow can be made retired'],
  ['retire', FIRST, `rule set ${FIRST} is active; only a draft or shadow can be made retired`],
])('%s of %s is refused', async (action, version, message) => {
  await expect(action === 'activate' ? activate(version) : change(action, version)).rejects.toThrow(message);
});

test('a draft and one that was tried out can be retired', async () => {
  await propose('bad');
  expect(await change('retire', 'bad')).toEqual({ version: 'bad', state: 'retired', active: FIRST });
  await propose('worse');
  await change('shadow', 'worse');
  expect(await change('retire', 'worse')).toEqual({ version: 'worse', state: 'retired', active: FIRST });
});

test('a proposal is checked whole, and its version stands for one content', async () => {
  await expect(propose('four', 'alice', { cutoffs: { review: 50, block: 40 } })).rejects.toThrow(
    'The rule set is not valid:\n- cutoffs: found an object of 2; set review below block',
  );
  await propose('four');
  expect(await propose('four', 'bob')).toMatchObject({ version: 'four', author: 'alice' });
  await expect(propose('four', 'alice', { cutoffs: { review: 1, block: 2 } })).rejects.toThrow(
    'rule set four was used before with other rules; give the changed rule set a new version',
  );
  await expect(invoke({ action: 'rule-set', version: 'five' })).rejects.toThrow('there is no rule set five');
  await expect(invoke({ action: 'propose', ruleSet: content('five'), author: 'a b', reason: ' ' })).rejects.toThrow(
    new Error(
      'propose: author: found a text of 3 characters; must be the name a person signs in with: 1 to 64 characters of ' +
        'A-Z a-z 0-9 . _ @ + -\nreason: found a text of 1 characters; must say why, in 1 to 500 characters',
    ),
  );
});

test('PostgreSQL refuses by itself what makes an activation invalid', async () => {
  const of = (change: string, version: string, person: string) =>
    refusal(`SELECT tap.change_rule_set('${version}', '${change}', '${person}', 'why')`);
  await propose('forged', 'eve');
  expect(await of('activate', 'forged', 'eve')).toBe(
    'rule set forged was proposed by eve; another person must activate it',
  );
  expect(await of('activate', 'forged', 'EVE')).toContain('another person must activate it');
  expect(await of('activate', 'forged', 'deployment')).toBe(
    'deployment is no person; give the name of the one who does this',
  );
  expect(await of('activate', 'forged', '')).toContain('value for domain tap.person violates check constraint');
  expect(await of('delete', 'forged', 'bob')).toContain('violates check constraint');
  expect(await refusal(`SELECT tap.propose_rule_set('{"version": "x y"}', 'eve', 'why')`)).toContain(
    'names_its_version',
  );
  expect(await refusal(`SELECT tap.propose_rule_set('{"version": "x"}', 'Deployment', 'why')`)).toBe(
    'deployment is no person; give the name of the one who does this',
  );
  for (const sql of [
    "UPDATE tap.rule_sets SET state = 'active' WHERE version = 'forged'",
    "INSERT INTO tap.rule_sets (version, content, state) VALUES ('x', '{\"version\": \"x\"}', 'active')",
    "INSERT INTO tap.rule_set_changes (version, to_state, change, person, reason) VALUES ('forged', 'active', 'activate', 'bob', 'why')",
    "DELETE FROM tap.rule_sets WHERE version = 'forged'",
  ])
    expect(await refusal(sql)).toContain('permission denied for table');
  expect(await states()).toMatchObject({ forged: 'draft', [FIRST]: 'active' });
});

test('exactly one is active, whoever changes the tables', async () => {
  const client = new Client({ ...databaseAddress(), user: 'master', password: 'Correct-horse-9' });
  await client.connect();
  const master = (sql: string) => refusal(sql, client);
  expect(
    await master(
      "UPDATE tap.rule_sets SET state = 'active', approver = 'x', activated_at = now() WHERE version = 'four'",
    ),
  ).toContain('one_active');
  expect(await master("UPDATE tap.rule_sets SET state = 'retired' WHERE state = 'active'")).toBe(
    `one rule set must stay active; activate another one in place of ${FIRST}`,
  );
  expect(await master("UPDATE tap.rule_sets SET approver = 'Alice' WHERE version = 'two'")).toContain('two_persons');
  expect(await master('DELETE FROM tap.rule_set_changes')).toBe('rule_set_changes is append-only: DELETE is refused');
  await client.end();
  expect(await states()).toMatchObject({ four: 'draft', [FIRST]: 'active' });
});

test('a rule set that this program cannot judge by is not made active, nor deployed beside', async () => {
  await database.operator.query(`SELECT tap.propose_rule_set('{"version": "older", "rules": {}}', 'alice', 'why')`);
  await expect(activate('older')).rejects.toThrow(
    'rule set older cannot be active with this program. The rule set is not valid:\n- cutoffs: found nothing; set an object with review, block',
  );
  expect(await states()).toMatchObject({ older: 'draft', [FIRST]: 'active' });
  await database.operator.query(`SELECT tap.change_rule_set('older', 'shadow', 'alice', 'why')`);
  await expect(migrate()).rejects.toThrow('rule set older cannot be shadow with this program.');
  await database.operator.query(`SELECT tap.change_rule_set('older', 'retire', 'alice', 'why')`);
});
