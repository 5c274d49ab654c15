import { Logger } from '@aws-lambda-powertools/logger';
import type { Client } from 'pg';
import {
  arrival,
  invoke,
  type MigratedDatabase,
  RULE_SET,
  startMigratedDatabase,
} from '../../../helpers/migrated-database';
import { transaction } from '../../../helpers/transactions';
import { codeBlocks, readDocument } from '../../docs/document';

interface Head {
  sequence: number;
  hash: string;
}

interface Verification {
  intact: boolean;
  verified: number;
  erased: number;
  head: Head;
  broken?: { how: string; sequence: number | null; table: string | null; row: string | null; detail: string };
}

const TABLES = ['audit_log', 'rule_set_changes', 'list_changes', 'dispositions', 'audit_chain'] as const;

let database: MigratedDatabase;
let master: Client;
/** Migrations, each of which is a row of the audit log and of the chain before all others. */
const M = 6;

/** The chain's last row before anybody has tampered with anything. */
let head: Head;

const listAdd = (value: string) =>
  invoke({ action: 'list-add', list: 'block', kind: 'device', value, reason: 'stolen', author: 'alice' });
const verifyChain = (expected?: Head[]) =>
  invoke({ action: 'verify-chain', ...(expected && { expected }) }) as Promise<Verification>;
const hashOf = async (sequence: number) =>
  (await database.only(`SELECT encode(hash, 'hex') FROM tap.audit_chain WHERE sequence = ${sequence}`))[0] as string;

/** What docs/operations.md has an auditor run: the first row that is not as it was recorded. */
const [byHand] = codeBlocks(readDocument('docs/operations.md'), 'sql')
  .filter((block) => block.includes('tap.audit_chain'))
  .map((block) => block.slice(0, block.indexOf('LIMIT 1;')));
const foundByHand = async () => {
  const results = (await master.query(`${byHand} LIMIT 1`)) as unknown as { rows: Record<string, string>[] }[];
  return results[2]?.rows.map(({ sequence, source, row_id }) => [sequence && Number(sequence), source, row_id]);
};

/** What the owner of the tables can do to them: it takes the triggers away, and puts them back. */
async function tamper(sql: string): Promise<void> {
  const triggers = (state: string) => TABLES.map((table) => `ALTER TABLE tap.${table} ${state} TRIGGER USER`).join(';');
  await master.query(`BEGIN; ${triggers('DISABLE')}; ${sql}; ${triggers('ENABLE')}; COMMIT`);
}

beforeAll(async () => {
  database = await startMigratedDatabase();
  master = await database.connectAsMaster();
  await database.store.accept([arrival(transaction({ transactionId: 'tx-1', deviceId: undefined }))], []);
  await invoke({ action: 'propose', ruleSet: { ...RULE_SET, version: 'next' }, author: 'alice', reason: 'why' });
  await listAdd('device-a');
  await invoke({
    action: 'disposition-add',
    transactionId: 'tx-1',
    disposition: 'confirmed-fraud',
    analyst: 'bob',
    note: 'chargeback',
  });
  await listAdd('device-b');
  head = (await verifyChain()).head;
  for (const table of TABLES) await master.query(`CREATE TABLE public.${table} AS TABLE tap.${table}`);
}, 30_000);

afterAll(async () => {
  await master.end();
  await database.stop();
});

test('everything that was recorded is in one chain, in the order in which it was', async () => {
  expect(
    await database.only(
      `SELECT source || coalesce(' ' || action, '') FROM tap.audit_chain c
        LEFT JOIN tap.audit_log l ON c.source = 'audit_log' AND c.row_id = l.id ORDER BY sequence`,
    ),
  ).toEqual([
    ...Array(M).fill('audit_log migrate'),
    ...['rule_set_changes', 'rule_set_changes'],
    ...['audit_log propose', 'rule_set_changes'],
    ...['audit_log list-add', 'list_changes'],
    ...['audit_log disposition-add', 'dispositions', 'list_changes'],
    ...['audit_log list-add', 'list_changes'],
    'audit_log verify-chain',
  ]);
  expect(head.sequence).toBe(M + 12);
  expect(await verifyChain([{ sequence: 1, hash: await hashOf(1) }, head])).toEqual({
    intact: true,
    verified: M + 13,
    erased: 0,
    head: { sequence: M + 13, hash: await hashOf(M + 13) },
  });
  expect(await foundByHand()).toEqual([]);
});

test('head and result go to the log and the metrics, wherever they are asked for', async () => {
  Object.assign(process.env, { POWERTOOLS_DEV: 'true', POWERTOOLS_METRICS_DISABLED: 'false' });
  const print = jest.spyOn(console, 'log').mockImplementation();
  const info = jest.spyOn(Logger.prototype, 'info');
  const { head: last } = await verifyChain();
  await verifyChain([{ sequence: 1, hash: head.hash }]);
  await invoke({ action: 'status' });
  const heads = info.mock.calls
    .filter(([message]) => message === 'head of the audit chain')
    .map(([, logged]) => logged);
  const metrics = print.mock.calls.map(([line]) => JSON.parse(line)).filter((line) => '_aws' in line);
  jest.restoreAllMocks();
  process.env.POWERTOOLS_DEV = 'false';
  expect(heads).toEqual([
    last,
    { sequence: last.sequence + 1, hash: await hashOf(last.sequence + 1) },
    { sequence: last.sequence + 2, hash: await hashOf(last.sequence + 2) },
  ]);
  expect(metrics).toMatchObject([
    { service: 'lambda-operations-test', AuditChainRows: last.sequence, AuditChainBroken: 0 },
    { service: 'lambda-operations-test', AuditChainRows: last.sequence + 1, AuditChainBroken: 1 },
  ]);
});

test.each<[unknown, string]>([
  [[{ sequence: 0, hash: 'ab'.repeat(32) }], 'must be the number of a row, an integer from 1'],
  [[{ sequence: 1, hash: 'AB'.repeat(32) }], 'must be a SHA-256 hash in 64 hexadecimal digits'],
  [Array(1_101).fill({ sequence: 1, hash: 'ab'.repeat(32) }), 'must name at most 1100 heads'],
])('what is no list of heads is refused', async (expected, message) => {
  await expect(invoke({ action: 'verify-chain', expected })).rejects.toThrow(message);
});

describe('what was tampered with', () => {
  afterEach(() =>
    tamper(
      TABLES.map(
        (table) =>
          `DELETE FROM tap.${table}; INSERT INTO tap.${table} OVERRIDING SYSTEM VALUE SELECT * FROM public.${table}`,
      ).join(';'),
    ),
  );

  const changed = 'the row is not what was recorded';
  const named = 'what may name a customer is not what was recorded';
  test.each<[string, string, number, string, string]>([
    [
      'a time',
      `UPDATE tap.audit_log SET happened_at = happened_at + interval '1 us' WHERE id = 1`,
      1,
      'audit_log',
      changed,
    ],
    [
      'who it was',
      `UPDATE tap.audit_log SET database_user = 'tap_publisher' WHERE id = ${M + 1}`,
      M + 3,
      'audit_log',
      changed,
    ],
    [
      'what was asked',
      `UPDATE tap.audit_log SET detail = detail || '{"author": "mallory"}' WHERE id = ${M + 2}`,
      M + 5,
      'audit_log',
      changed,
    ],
    [
      'of whom',
      `UPDATE tap.audit_log SET personal = '{"value": "device-x"}' WHERE id = ${M + 2}`,
      M + 5,
      'audit_log',
      named,
    ],
    [
      'that it was of nobody',
      `UPDATE tap.audit_log SET personal = NULL WHERE id = ${M + 2}`,
      M + 5,
      'audit_log',
      named,
    ],
    [
      'that it was of somebody',
      `UPDATE tap.audit_log SET personal = '{"value": "x"}' WHERE id = 1`,
      1,
      'audit_log',
      named,
    ],
    ['an entry of a list', `UPDATE tap.list_changes SET list = 'allow' WHERE id = 1`, M + 6, 'list_changes', changed],
    ['its value', `UPDATE tap.list_changes SET value = 'device-x' WHERE id = 1`, M + 6, 'list_changes', named],
    ['its end', `UPDATE tap.list_changes SET expires_at = 'infinity' WHERE id = 1`, M + 6, 'list_changes', changed],
    ['a disposition', `UPDATE tap.dispositions SET disposition = 'unclear'`, M + 8, 'dispositions', changed],
    ['its amount', `UPDATE tap.dispositions SET amount = 1`, M + 8, 'dispositions', changed],
    ['its note', `UPDATE tap.dispositions SET note = 'no chargeback'`, M + 8, 'dispositions', named],
    [
      'who activated',
      `UPDATE tap.rule_set_changes SET person = 'mallory' WHERE id = 2`,
      M + 2,
      'rule_set_changes',
      changed,
    ],
  ])('%s is altered', async (_, sql, sequence, table, detail) => {
    await tamper(sql);
    const row = (await database.only(`SELECT row_id FROM tap.audit_chain WHERE sequence = ${sequence}`))[0];
    expect(await verifyChain([head])).toEqual({
      intact: false,
      verified: sequence - 1,
      erased: 0,
      head: expect.anything(),
      broken: { how: 'altered', sequence, table, row, detail },
    });
    expect(await foundByHand()).toEqual([[sequence, table, row]]);
  });

  const broken = async (expected?: Head[]) => {
    const found = (await verifyChain(expected)).broken;
    const { sequence, table, row } = found ?? {};
    // A row that is gone from table and chain has no name; by hand the one after it is found.
    if (found && !expected && table !== 'rule_sets') {
      const [first] = (await foundByHand()) ?? [];
      expect(first).toEqual(
        table === null ? [(sequence as number) + 1, 'audit_log', String(M + 3)] : [sequence, table, row],
      );
    }
    return found;
  };

  test('the rules of a set that was proposed', async () => {
    const rules = `UPDATE tap.rule_sets SET content = jsonb_set(content, '{cutoffs,block}', $1) WHERE version = 'next'`;
    await master.query(rules, ['1']);
    expect(await broken()).toEqual({
      how: 'altered',
      sequence: M + 4,
      table: 'rule_set_changes',
      row: '3',
      detail: changed,
    });
    await master.query(rules, [RULE_SET.cutoffs.block]);
  });

  test('the state of a rule set', async () => {
    await master.query(`UPDATE tap.rule_sets SET state = 'retired' WHERE version = 'next'`);
    expect(await broken()).toEqual({
      how: 'altered',
      sequence: null,
      table: 'rule_sets',
      row: 'next',
      detail: 'the rule set is retired, and its last recorded change made it draft',
    });
    await master.query(`UPDATE tap.rule_sets SET state = 'draft' WHERE version = 'next'`);
  });

  test('a row that was deleted', async () => {
    await tamper('DELETE FROM tap.list_changes WHERE id = 1');
    expect(await broken()).toEqual({
      how: 'missing',
      sequence: M + 6,
      table: 'list_changes',
      row: '1',
      detail: 'the row is gone from its table',
    });
  });

  test('a row that was deleted from the chain as well', async () => {
    await tamper(`DELETE FROM tap.list_changes WHERE id = 1; DELETE FROM tap.audit_chain WHERE sequence = ${M + 6}`);
    expect(await broken()).toEqual({
      how: 'missing',
      sequence: M + 6,
      table: null,
      row: null,
      detail: `the chain has no row ${M + 6}`,
    });
  });

  test('and the gap closed', async () => {
    await tamper(`DELETE FROM tap.list_changes WHERE id = 1; DELETE FROM tap.audit_chain WHERE sequence = ${M + 6};
      UPDATE tap.audit_chain SET sequence = -sequence WHERE sequence > ${M + 6};
      UPDATE tap.audit_chain SET sequence = -sequence - 1 WHERE sequence < 0`);
    expect(await broken()).toEqual({
      how: 'missing',
      sequence: M + 6,
      table: 'audit_log',
      row: String(M + 3),
      detail: 'what follows the row before it is gone',
    });
  });

  test('two rows that changed places', async () => {
    await tamper(`UPDATE tap.audit_chain SET sequence = -sequence WHERE sequence IN (${M + 6}, ${M + 8});
      UPDATE tap.audit_chain SET sequence = ${2 * M + 14} + sequence WHERE sequence < 0`);
    expect(await broken()).toEqual({
      how: 'reordered',
      sequence: M + 6,
      table: 'dispositions',
      row: '1',
      detail: `what belongs here is row ${M + 8} of the chain`,
    });
  });

  test.each(['hash', 'previous_hash', 'content_hash', 'personal_hash'])('the %s of a row', async (column) => {
    await tamper(`UPDATE tap.audit_chain SET ${column} = sha256('') WHERE sequence = ${M + 6}`);
    const detail = column === 'personal_hash' ? named : 'the row of the chain was changed';
    expect(await broken()).toEqual({ how: 'altered', sequence: M + 6, table: 'list_changes', row: '1', detail });
  });

  test('a tail that was cut off: the next to ask is chained in its place', async () => {
    await tamper(`DELETE FROM tap.list_changes WHERE id = 3; DELETE FROM tap.audit_chain WHERE sequence > ${M + 9};
      DELETE FROM tap.audit_log WHERE id > ${M + 3}`);
    expect(await verifyChain()).toMatchObject({ intact: true, verified: M + 10, head: { sequence: M + 10 } });
    expect(await broken([head])).toEqual({
      how: 'truncated',
      sequence: M + 12,
      table: null,
      row: null,
      detail: `the chain ends with row ${M + 11}, and had ${M + 12} rows or more`,
    });
    const before = { sequence: M + 10, hash: head.hash };
    expect(await broken([before])).toEqual({
      how: 'rewritten',
      sequence: M + 10,
      table: 'audit_log',
      row: expect.any(String),
      detail: `the chain up to here is another one than that with the hash ${head.hash}`,
    });
  });

  test('the tail of the chain alone', async () => {
    await tamper(`DELETE FROM tap.audit_chain WHERE sequence > ${M + 9}`);
    expect(await broken()).toEqual({
      how: 'unchained',
      sequence: null,
      table: 'audit_log',
      row: String(M + 4),
      detail: 'the row is not in the chain: it was written past it, or the end of the chain was cut off',
    });
  });

  test('a row that was written past the chain', async () => {
    await tamper(`INSERT INTO tap.list_changes (id, list, kind, value, change, reason, author)
      VALUES (99, 'allow', 'device', 'device-m', 'add', 'why not', 'mallory')`);
    expect(await broken()).toMatchObject({ how: 'unchained', table: 'list_changes', row: '99' });
  });

  test('a chain that was written anew, which only a head from before can tell', async () => {
    await tamper(`UPDATE tap.list_changes SET list = 'allow' WHERE id = 1; DELETE FROM tap.audit_chain WHERE sequence >= ${M + 6};
      SELECT tap.append_to_chain('list_changes', 1), tap.append_to_chain('audit_log', ${M + 3}), tap.append_to_chain('dispositions', 1),
        tap.append_to_chain('list_changes', 2), tap.append_to_chain('audit_log', ${M + 4}), tap.append_to_chain('list_changes', 3),
        tap.append_to_chain('audit_log', ${M + 5})`);
    expect(await verifyChain()).toMatchObject({ intact: true, verified: M + 13 });
    expect(await broken([head])).toMatchObject({
      how: 'rewritten',
      sequence: M + 12,
      table: 'audit_log',
      row: String(M + 5),
    });
  });

  test('what may name a customer was erased, with a record of it', async () => {
    await master.query(`BEGIN; SELECT tap.erase_commitments('list_changes', '{1}', 7), tap.erase_commitments('audit_log', '{${M + 2}}', 7);
      UPDATE tap.list_changes SET value = 'erased-1', reason = 'erased' WHERE id = 1;
      UPDATE tap.audit_log SET personal = NULL WHERE id = ${M + 2}; COMMIT`);
    expect(
      await database.only(`SELECT detail FROM tap.audit_log WHERE action = 'erase-commitments' ORDER BY id`),
    ).toEqual([
      { request: 7, source: 'list_changes', rows: [1] },
      { request: 7, source: 'audit_log', rows: [M + 2] },
    ]);
    expect(
      await database.only(`SELECT salt FROM tap.audit_chain WHERE erased_by IS NOT NULL ORDER BY sequence`),
    ).toEqual([null, null]);
    expect(await verifyChain([head])).toMatchObject({ intact: true, verified: M + 15, erased: 2 });
    for (const change of [
      `list_changes SET list = 'allow' WHERE id = 1`,
      `list_changes SET value = 'x' WHERE id = 3`,
      `audit_log SET detail = '{}' WHERE id = ${M + 2}`,
      'audit_chain SET erased_by = 1 WHERE erased_by IS NOT NULL',
      'audit_chain SET salt = NULL, erased_by = 1, hash = content_hash WHERE salt IS NOT NULL',
    ])
      await expect(master.query(`UPDATE tap.${change}`)).rejects.toThrow('is append-only: UPDATE is refused');
  });

  test('what may name a customer was erased, without a record of it', async () => {
    const unrecorded = {
      how: 'altered',
      sequence: M + 6,
      table: 'list_changes',
      row: '1',
      detail: 'what may name a customer was erased, and no erasure of it is recorded',
    };
    await master.query(`SELECT tap.erase_commitments('list_changes', '{3}', 7)`);
    await master.query(`UPDATE tap.audit_chain SET salt = NULL, erased_by =
      (SELECT max(id) FROM tap.audit_log WHERE action = 'erase-commitments') WHERE sequence = ${M + 6}`);
    expect(await broken()).toEqual(unrecorded);
    await tamper(`UPDATE tap.audit_chain SET erased_by = 7 WHERE sequence = ${M + 6}`);
    expect(await broken()).toEqual(unrecorded);
  });

  test('functions of the database that hash something else', async () => {
    const [definition] = await database.only(`SELECT pg_get_functiondef('tap.append_to_chain'::regproc)`);
    await master.query(String(definition).replace('ARRAY[source] || audited.fields', 'ARRAY[source]'));
    await listAdd('device-c');
    expect(await broken()).toMatchObject({ how: 'altered', sequence: M + 13, table: 'audit_log', detail: changed });
    await master.query(String(definition));
  });
});
