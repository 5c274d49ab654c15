import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Client } from 'pg';
import { startDatabase, type TestDatabase } from '../../../helpers/database';

const sql = (name: string) => readFileSync(`processor/migrations/${name}.sql`, 'utf8');

let database: TestDatabase;
let client: Client;

beforeAll(async () => {
  database = await startDatabase();
  client = await database.connectAsMaster();
  await client.query('CREATE SCHEMA tap');
  for (const name of ['0001_initial', '0002_generations', '0003_policy']) await client.query(sql(name));
  await client.query("SELECT tap.ensure_partitions('{2026-04-01}')");
  await client.query(`
    INSERT INTO tap.transaction_ids SELECT id, '2026-04-01T12:00Z', '' FROM unnest('{a,dropped}'::text[]) id;
    INSERT INTO tap.transactions (transaction_id, occurred_at, amount, currency, customer_id, merchant_id, payment_token, outcome)
      VALUES ('a', '2026-04-01T12:00Z', 4980, 'JPY', 'c', 'm', 't', 'approved');
    INSERT INTO tap.audit_log (happened_at, action, detail) VALUES
      ('2026-04-02T00:00:01Z', 'lookup', '{"transactionId": "a"}'),
      ('2026-04-02T00:00:03Z', 'lists', '{"list": "block"}'),
      ('2026-04-02T00:00:05Z', 'list-add', '{"list": "block", "kind": "device", "value": "d-1", "reason": "stolen", "author": "alice"}'),
      ('2026-04-02T00:00:07Z', 'disposition-add', '{"transactionId": "a", "analyst": "bob", "note": "he called"}');
    INSERT INTO tap.list_changes (list, kind, value, change, reason, author, changed_at)
      VALUES ('block', 'device', 'd-1', 'add', 'stolen', 'alice', '2026-04-02T00:00:06Z');
    INSERT INTO tap.dispositions (transaction_id, disposition, analyst, note, recorded_at) VALUES
      ('a', 'confirmed-fraud', 'bob', 'he called', '2026-04-02T00:00:08Z'),
      ('dropped', 'unclear', 'bob', 'long ago', '2026-04-02T00:00:02Z')`);
  await client.query(sql('0004_audit_chain'));
}, 30_000);

afterAll(async () => {
  await client.end();
  await database.stop();
});

const only = async (text: string) => (await client.query({ text, rowMode: 'array' })).rows;

test('what may name a customer leaves the details of requests from before', async () => {
  expect(await only('SELECT action, detail, personal FROM tap.audit_log ORDER BY id LIMIT 4')).toEqual([
    ['lookup', { transactionId: 'a' }, null],
    ['lists', { list: 'block' }, null],
    ['list-add', { list: 'block', kind: 'device', author: 'alice' }, { value: 'd-1', reason: 'stolen' }],
    ['disposition-add', { transactionId: 'a', analyst: 'bob' }, { note: 'he called' }],
  ]);
});

test('dispositions from before say what they are about, where that is still stored', async () => {
  expect(
    await only(
      'SELECT transaction_id, merchant_id, amount::integer, currency, outcome FROM tap.current_dispositions ORDER BY 1',
    ),
  ).toEqual([
    ['a', 'm', 4980, 'JPY', 'approved'],
    ['dropped', null, null, null, null],
  ]);
});

test('what was recorded before is chained in the order of time, and what may name a customer is salted', async () => {
  expect(
    await only('SELECT sequence::integer, source, row_id::integer, salt IS NOT NULL FROM tap.audit_chain ORDER BY 1'),
  ).toEqual([
    [1, 'audit_log', 1, false],
    [2, 'dispositions', 2, true],
    [3, 'audit_log', 2, false],
    [4, 'audit_log', 3, true],
    [5, 'list_changes', 1, true],
    [6, 'audit_log', 4, true],
    [7, 'dispositions', 1, true],
  ]);
  expect(await only('SELECT count(DISTINCT salt)::integer, count(salt)::integer FROM tap.audit_chain')).toEqual([
    [5, 5],
  ]);
});

test('a row is hashed as docs/security.md says', async () => {
  const salt = (await only("SELECT encode(salt, 'hex') FROM tap.audit_chain WHERE sequence = 5"))[0]?.[0];
  const previous = (await only("SELECT encode(hash, 'hex') FROM tap.audit_chain WHERE sequence = 4"))[0]?.[0];
  const sha256 = (...parts: (string | Buffer)[]) =>
    parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');
  const personal = sha256(Buffer.from(salt, 'hex'), '3:d-1,6:stolen,');
  const content = sha256(
    `12:list_changes,1:1,22:2026-04-02 00:00:06+00,6:master,5:block,6:device,3:add,-,5:alice,-,64:${personal},`,
  );
  expect(
    await only(
      "SELECT encode(personal_hash, 'hex'), encode(content_hash, 'hex'), encode(hash, 'hex') FROM tap.audit_chain WHERE sequence = 5",
    ),
  ).toEqual([[personal, content, sha256(`1:5,64:${content},64:${previous},`)]]);
});

const TABLES = ['audit_log', 'rule_set_changes', 'list_changes', 'dispositions', 'audit_chain'];
const COLUMNS: Record<string, string> = {
  audit_log: 'action',
  rule_set_changes: 'version',
  list_changes: 'value',
  dispositions: 'note',
  audit_chain: 'source',
};

describe.each(TABLES)('tap.%s', (table) => {
  const changes = [
    `UPDATE tap.${table} SET ${COLUMNS[table]} = 'x'`,
    `DELETE FROM tap.${table}`,
    `TRUNCATE tap.${table}`,
  ];

  test.each(['tap_processor', 'tap_operator', 'tap_publisher'] as const)('%s may not change it', async (role) => {
    const connection = await database.connect(role);
    for (const change of changes) await expect(connection.query(change)).rejects.toMatchObject({ code: '42501' });
    await connection.end();
  });

  test('its owner is refused by its triggers', async () => {
    await client.query(`INSERT INTO tap.rule_sets (version, content) VALUES ('v', '{"version": "v"}') ON CONFLICT DO NOTHING;
      INSERT INTO tap.rule_set_changes (version, to_state, change, person, reason)
      SELECT 'v', 'draft', 'propose', 'alice', 'why' WHERE NOT EXISTS (SELECT FROM tap.rule_set_changes)`);
    for (const change of changes) {
      await expect(client.query(change)).rejects.toThrow(`${table} is append-only: ${change.split(' ')[0]} is refused`);
    }
  });
});

test.each([
  ['when it happened', `INSERT INTO tap.audit_log (happened_at, action, detail) VALUES (now(), 'x', '{}')`],
  ['who did it', `INSERT INTO tap.audit_log (database_user, action, detail) VALUES ('x', 'x', '{}')`],
  [
    'what it is about',
    `INSERT INTO tap.dispositions (transaction_id, disposition, analyst, note, amount) VALUES ('a', 'unclear', 'a', 'x', 1)`,
  ],
  ['its place', `INSERT INTO tap.audit_chain (sequence) VALUES (1)`],
  ['what is chained', `SELECT tap.append_to_chain('audit_log', 1)`],
  ['what is erased', `SELECT tap.erase_commitments('audit_log', '{1}', 1)`],
])('the function of the operators may not say %s', async (_, statement) => {
  const operator = await database.connect('tap_operator');
  await expect(operator.query(statement)).rejects.toMatchObject({ code: '42501' });
  await operator.end();
});

test('nothing that the stream function writes is chained', async () => {
  expect(
    await only(
      "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgfoid IN ('tap.lock_chain'::regproc, 'tap.chain_row'::regproc) ORDER BY 1",
    ),
  ).toEqual([['tap.audit_log'], ['tap.dispositions'], ['tap.list_changes'], ['tap.rule_set_changes']]);
});

test('writers at the same time make one chain, without gaps and without deadlocks', async () => {
  const before = Number((await only('SELECT max(sequence) FROM tap.audit_chain'))[0]?.[0]);
  const writers = await Promise.all(
    Array.from({ length: 8 }, async (_, writer) => {
      const connection = await database.connect('tap_operator');
      for (let i = 0; i < 10; i++) {
        await connection.query('BEGIN');
        await connection.query(`INSERT INTO tap.audit_log (action, detail) VALUES ('lookup', '{}')`);
        await connection.query(`INSERT INTO tap.list_changes (list, kind, value, change, reason, author)
          VALUES ('watch', 'device', 'd-${writer}-${i}', 'add', 'why', 'alice')`);
        await connection.query(i % 5 === 4 ? 'ROLLBACK' : 'COMMIT');
        await connection.query(`INSERT INTO tap.dispositions (transaction_id, disposition, analyst, note)
          VALUES ('a', 'unclear', 'alice', 'why')`);
      }
      return connection.end();
    }),
  );
  expect(writers).toHaveLength(8);
  const added = 8 * (8 * 2 + 10);
  expect(
    await only(
      `SELECT count(*)::integer, count(*) FILTER (WHERE previous_hash = before AND sequence = place)::integer
        FROM (SELECT sequence, previous_hash, lag(hash) OVER w AS before, row_number() OVER w AS place
          FROM tap.audit_chain WINDOW w AS (ORDER BY sequence)) c WHERE sequence > ${before}`,
    ),
  ).toEqual([[added, added]]);
});
