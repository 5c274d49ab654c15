import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { databaseAddress } from '../../../../processor/database';
import { startDatabase } from '../../../helpers/database';
import { type MigratedDatabase, migrate, RULE_SET, startMigratedDatabase } from '../../../helpers/migrated-database';

const INITIAL = readFileSync('processor/migrations/0001_initial.sql', 'utf8');

let database: MigratedDatabase;

beforeAll(async () => {
  database = await startMigratedDatabase();
}, 30_000);

afterAll(() => database.stop());

test('applies each migration once, and the first rule set is active without anybody else', async () => {
  expect(await migrate()).toEqual({
    applied: [],
    schemaVersion: 6,
    ruleSet: { version: RULE_SET.version, state: 'active' },
  });
  expect(await database.only('SELECT version, name FROM tap.schema_migrations ORDER BY version')).toEqual([
    ...[1, 'initial'],
    ...[2, 'generations'],
    ...[3, 'policy'],
    ...[4, 'audit-chain'],
    ...[5, 'erasure'],
    ...[6, 'repeated-arrivals'],
  ]);
  expect(await database.only('SELECT version, state, author, approver, replaced, content FROM tap.rule_sets')).toEqual([
    RULE_SET.version,
    'active',
    'deployment',
    'deployment',
    null,
    RULE_SET,
  ]);
  expect(await database.only("SELECT action FROM tap.audit_log WHERE database_user = 'master' ORDER BY id")).toEqual([
    ...Array(6).fill('migrate'),
  ]);
});

test('a later rule set is a draft, and one that changed under its version is refused', async () => {
  database.pack('rule-set.json', JSON.stringify({ ...RULE_SET, cutoffs: { review: 1, block: 2 } }));
  await expect(migrate()).rejects.toThrow(
    `rule set ${RULE_SET.version} was used before with other rules; give the changed rule set a new version`,
  );
  database.pack('rule-set.json', JSON.stringify({ ...RULE_SET, version: 'next' }));
  for (const _ of ['once', 'again']) {
    expect(await migrate()).toEqual({ applied: [], schemaVersion: 6, ruleSet: { version: 'next', state: 'draft' } });
  }
  expect(
    await database.only('SELECT version, from_state, to_state, change, person FROM tap.rule_set_changes ORDER BY id'),
  ).toEqual([
    ...[RULE_SET.version, null, 'draft', 'propose', 'deployment'],
    ...[RULE_SET.version, 'draft', 'active', 'activate', 'deployment'],
    ...['next', null, 'draft', 'propose', 'deployment'],
  ]);
  database.pack('rule-set.json', JSON.stringify(RULE_SET));
  expect(await migrate()).toMatchObject({ ruleSet: { version: RULE_SET.version, state: 'active' } });
});

test.each(['{"username":"master"}', 'Correct-horse-9', '[]', '{"username":1,"password":"Correct-horse-9"}'])(
  'a secret that lacks what signing in needs is an error without its content: %s',
  async (text) => {
    database.setSecret(text);
    await expect(migrate()).rejects.toThrow(
      /^the database secret must be a JSON object with the strings "username" and "password"$/,
    );
    database.setSecret(JSON.stringify({ username: 'master', password: 'Correct-horse-9' }));
  },
);

test('refuses a migration that was changed after it was applied', async () => {
  await jest.isolateModulesAsync(async () => {
    jest.doMock('../../../../processor/migrations/0001_initial.sql', () => `${INITIAL} `);
    const changed = await import('../../../../processor/operations/migrate');
    await expect(changed.migrate.run({}, {} as never)).rejects.toThrow(
      'migration 1 (initial) was changed after it was applied; restore it and add a new one',
    );
  });
});

test('the master signs in with the password of the secret only', async () => {
  await expect(database.connect('master' as never)).rejects.toThrow(/password/);
});

test('of the rule sets of deployments before there were states, the last one is active', async () => {
  const older = await startDatabase();
  const client = new Client({ ...databaseAddress(), user: 'master', password: 'Correct-horse-9' });
  await client.connect();
  await client.query(`CREATE SCHEMA tap; ${INITIAL}`);
  await client.query(`INSERT INTO tap.rule_sets VALUES
    ('second', '{"version": "second"}', '2026-02-01'), ('first', '{"version": "first"}', '2026-01-01')`);
  for (const file of ['0002_generations', '0003_policy'])
    await client.query(readFileSync(`processor/migrations/${file}.sql`, 'utf8'));
  const only = async (sql: string) => (await client.query({ text: sql, rowMode: 'array' })).rows;
  expect(
    await only('SELECT version, state, author, approver, replaced FROM tap.rule_sets ORDER BY activated_at'),
  ).toEqual([
    ['first', 'retired', 'deployment', 'deployment', null],
    ['second', 'active', 'deployment', 'deployment', 'first'],
  ]);
  expect(
    await only(
      'SELECT version, to_state, changed_at = activated_at FROM tap.rule_set_changes JOIN tap.rule_sets USING (version) ORDER BY id',
    ),
  ).toEqual([
    ['first', 'retired', true],
    ['second', 'active', true],
  ]);
  await client.end();
  await older.stop();
}, 30_000);
