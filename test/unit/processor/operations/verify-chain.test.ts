import { Logger } from '@aws-lambda-powertools/logger';
import { AuditChain, M, verifyChain } from '../../../helpers/audit-chain';
import { invoke } from '../../../helpers/migrated-database';

let chain: AuditChain;

beforeAll(async () => {
  chain = await AuditChain.start();
}, 30_000);

afterAll(() => chain.stop());

test('everything that was recorded is in one chain, in the order in which it was', async () => {
  expect(
    await chain.database.only(
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
  expect(chain.head.sequence).toBe(M + 12);
  expect(await verifyChain([{ sequence: 1, hash: await chain.hashOf(1) }, chain.head])).toEqual({
    intact: true,
    verified: M + 13,
    erased: 0,
    head: { sequence: M + 13, hash: await chain.hashOf(M + 13) },
  });
  expect(await chain.foundByHand()).toEqual([]);
});

test('head and result go to the log and the metrics, wherever they are asked for', async () => {
  Object.assign(process.env, { POWERTOOLS_DEV: 'true', POWERTOOLS_METRICS_DISABLED: 'false' });
  const print = jest.spyOn(console, 'log').mockImplementation();
  const info = jest.spyOn(Logger.prototype, 'info');
  const { head: last } = await verifyChain();
  await verifyChain([{ sequence: 1, hash: chain.head.hash }]);
  await invoke({ action: 'status' });
  const heads = info.mock.calls
    .filter(([message]) => message === 'head of the audit chain')
    .map(([, logged]) => logged);
  const metrics = print.mock.calls.map(([line]) => JSON.parse(line)).filter((line) => '_aws' in line);
  jest.restoreAllMocks();
  process.env.POWERTOOLS_DEV = 'false';
  expect(heads).toEqual([
    last,
    { sequence: last.sequence + 1, hash: await chain.hashOf(last.sequence + 1) },
    { sequence: last.sequence + 2, hash: await chain.hashOf(last.sequence + 2) },
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

describe('what may name a customer was erased', () => {
  beforeEach(() => chain.restore());

  test('with a record of it', async () => {
    await chain.master.query(`BEGIN; SELECT tap.erase_commitments('list_changes', '{1}', 7), tap.erase_commitments('audit_log', '{${M + 2}}', 7);
      UPDATE tap.list_changes SET value = 'erased-1', reason = 'erased' WHERE id = 1;
      UPDATE tap.audit_log SET personal = NULL WHERE id = ${M + 2}; COMMIT`);
    expect(
      await chain.database.only(`SELECT detail FROM tap.audit_log WHERE action = 'erase-commitments' ORDER BY id`),
    ).toEqual([
      { request: 7, source: 'list_changes', rows: [1] },
      { request: 7, source: 'audit_log', rows: [M + 2] },
    ]);
    expect(
      await chain.database.only(`SELECT salt FROM tap.audit_chain WHERE erased_by IS NOT NULL ORDER BY sequence`),
    ).toEqual([null, null]);
    expect(await verifyChain([chain.head])).toMatchObject({ intact: true, verified: M + 15, erased: 2 });
    for (const change of [
      `list_changes SET list = 'allow' WHERE id = 1`,
      `list_changes SET value = 'x' WHERE id = 3`,
      `audit_log SET detail = '{}' WHERE id = ${M + 2}`,
      'audit_chain SET erased_by = 1 WHERE erased_by IS NOT NULL',
      'audit_chain SET salt = NULL, erased_by = 1, hash = content_hash WHERE salt IS NOT NULL',
    ])
      await expect(chain.master.query(`UPDATE tap.${change}`)).rejects.toThrow('is append-only: UPDATE is refused');
  });

  test('without a record of it', async () => {
    const unrecorded = {
      how: 'altered',
      sequence: M + 6,
      table: 'list_changes',
      row: '1',
      detail: 'what may name a customer was erased, and no erasure of it is recorded',
    };
    await chain.master.query(`SELECT tap.erase_commitments('list_changes', '{3}', 7)`);
    await chain.master.query(`UPDATE tap.audit_chain SET salt = NULL, erased_by =
      (SELECT max(id) FROM tap.audit_log WHERE action = 'erase-commitments') WHERE sequence = ${M + 6}`);
    expect(await chain.broken()).toEqual(unrecorded);
    await chain.tamper(`UPDATE tap.audit_chain SET erased_by = 7 WHERE sequence = ${M + 6}`);
    expect(await chain.broken()).toEqual(unrecorded);
  });
});
