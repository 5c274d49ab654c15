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
  await client.query(sql('0001_initial'));
  await client.query("SELECT tap.ensure_partitions('{2026-04-01,2026-04-03}')");
  await client.query(`
    INSERT INTO tap.transaction_ids SELECT id, '2026-04-01T12:00Z', '' FROM unnest('{a,b}'::text[]) id;
    INSERT INTO tap.transactions (transaction_id, occurred_at, amount, currency, customer_id, merchant_id, payment_token, outcome)
      SELECT id, '2026-04-01T12:00Z', 1, 'JPY', 'c', 'm', 't', 'approved' FROM unnest('{a,b}'::text[]) id;
    INSERT INTO tap.verdicts (transaction_id, occurred_at, position, triggered_by, decision, score, late, rule_set_version, judged_at)
      VALUES ('a', '2026-04-01T12:00Z', 3, 'b', 'review', 40, false, 'v', '2026-04-01T12:00:02Z'),
        ('a', '2026-04-01T12:00Z', 1, 'a', 'allow', 0, false, 'v', '2026-04-01T12:00:01Z'),
        ('b', '2026-04-01T12:00Z', 2, 'b', 'allow', 0, false, 'v', '2026-04-01T12:00:02Z')`);
  await client.query(sql('0002_generations'));
}, 30_000);

afterAll(async () => {
  await client.end();
  await database.stop();
});

const only = async (text: string) => (await client.query({ text, rowMode: 'array' })).rows;

test('judgements are numbered in the order in which they were recorded, and count as resting on the whole day', async () => {
  expect(
    await only(
      'SELECT transaction_id, position::integer, revision, coverage_seconds, lists_version::integer FROM tap.verdicts ORDER BY 1, 3',
    ),
  ).toEqual([
    ['a', 1, 1, 86_400, 0],
    ['a', 3, 2, 86_400, 0],
    ['b', 2, 1, 86_400, 0],
  ]);
  expect(await only('SELECT transaction_id, decision FROM tap.current_verdicts')).toEqual([
    ['a', 'review'],
    ['b', 'allow'],
  ]);
});

test('histories from before are not trusted: the first to ask begins a generation that lacks them', async () => {
  expect(await only('SELECT number, begun, complete_after FROM tap.begin_generation(0)')).toEqual([
    ['1', false, Number.NEGATIVE_INFINITY],
  ]);
  expect(await only('SELECT number, begun, complete_after FROM tap.begin_generation(1)')).toEqual([
    ['2', true, new Date('2026-04-01T12:00Z')],
  ]);
});

test('days that were there have partitions for shadow judgements', async () => {
  expect(
    await only(
      "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'tap.shadow_verdicts'::regclass ORDER BY 1",
    ),
  ).toEqual([['tap.shadow_verdicts_20260401'], ['tap.shadow_verdicts_20260403']]);
});
