import { AuditChain, listAdd, M, verifyChain } from '../../../helpers/audit-chain';
import { RULE_SET } from '../../../helpers/migrated-database';

const changed = 'the row is not what was recorded';
const named = 'what may name a customer is not what was recorded';

let chain: AuditChain;

beforeAll(async () => {
  chain = await AuditChain.start();
}, 30_000);

afterAll(() => chain.stop());

describe('what was tampered with', () => {
  afterEach(() => chain.restore());

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
    await chain.tamper(sql);
    const row = (await chain.database.only(`SELECT row_id FROM tap.audit_chain WHERE sequence = ${sequence}`))[0];
    expect(await verifyChain([chain.head])).toEqual({
      intact: false,
      verified: sequence - 1,
      erased: 0,
      head: expect.anything(),
      broken: { how: 'altered', sequence, table, row, detail },
    });
    expect(await chain.foundByHand()).toEqual([[sequence, table, row]]);
  });

  test('the rules of a set that was proposed', async () => {
    const rules = `UPDATE tap.rule_sets SET content = jsonb_set(content, '{cutoffs,block}', $1) WHERE version = 'next'`;
    await chain.master.query(rules, ['1']);
    expect(await chain.broken()).toEqual({
      how: 'altered',
      sequence: M + 4,
      table: 'rule_set_changes',
      row: '3',
      detail: changed,
    });
    await chain.master.query(rules, [RULE_SET.cutoffs.block]);
  });

  test('the state of a rule set', async () => {
    await chain.master.query(`UPDATE tap.rule_sets SET state = 'retired' WHERE version = 'next'`);
    expect(await chain.broken()).toEqual({
      how: 'altered',
      sequence: null,
      table: 'rule_sets',
      row: 'next',
      detail: 'the rule set is retired, and its last recorded change made it draft',
    });
    await chain.master.query(`UPDATE tap.rule_sets SET state = 'draft' WHERE version = 'next'`);
  });

  test('a row that was deleted', async () => {
    await chain.tamper('DELETE FROM tap.list_changes WHERE id = 1');
    expect(await chain.broken()).toEqual({
      how: 'missing',
      sequence: M + 6,
      table: 'list_changes',
      row: '1',
      detail: 'the row is gone from its table',
    });
  });

  test('a row that was deleted from the chain as well', async () => {
    await chain.tamper(
      `DELETE FROM tap.list_changes WHERE id = 1; DELETE FROM tap.audit_chain WHERE sequence = ${M + 6}`,
    );
    expect(await chain.broken()).toEqual({
      how: 'missing',
      sequence: M + 6,
      table: null,
      row: null,
      detail: `the chain has no row ${M + 6}`,
    });
  });

  test('and the gap closed', async () => {
    await chain.tamper(`DELETE FROM tap.list_changes WHERE id = 1; DELETE FROM tap.audit_chain WHERE sequence = ${M + 6};
      UPDATE tap.audit_chain SET sequence = -sequence WHERE sequence > ${M + 6};
      UPDATE tap.audit_chain SET sequence = -sequence - 1 WHERE sequence < 0`);
    expect(await chain.broken()).toEqual({
      how: 'missing',
      sequence: M + 6,
      table: 'audit_log',
      row: String(M + 3),
      detail: 'what follows the row before it is gone',
    });
  });

  test('two rows that changed places', async () => {
    await chain.tamper(`UPDATE tap.audit_chain SET sequence = -sequence WHERE sequence IN (${M + 6}, ${M + 8});
      UPDATE tap.audit_chain SET sequence = ${2 * M + 14} + sequence WHERE sequence < 0`);
    expect(await chain.broken()).toEqual({
      how: 'reordered',
      sequence: M + 6,
      table: 'dispositions',
      row: '1',
      detail: `what belongs here is row ${M + 8} of the chain`,
    });
  });

  test.each(['hash', 'previous_hash', 'content_hash', 'personal_hash'])('the %s of a row', async (column) => {
    await chain.tamper(`UPDATE tap.audit_chain SET ${column} = sha256('') WHERE sequence = ${M + 6}`);
    const detail = column === 'personal_hash' ? named : 'the row of the chain was changed';
    expect(await chain.broken()).toEqual({ how: 'altered', sequence: M + 6, table: 'list_changes', row: '1', detail });
  });

  test('a tail that was cut off: the next to ask is chained in its place', async () => {
    await chain.tamper(`DELETE FROM tap.list_changes WHERE id = 3; DELETE FROM tap.audit_chain WHERE sequence > ${M + 9};
      DELETE FROM tap.audit_log WHERE id > ${M + 3}`);
    expect(await verifyChain()).toMatchObject({ intact: true, verified: M + 10, head: { sequence: M + 10 } });
    expect(await chain.broken([chain.head])).toEqual({
      how: 'truncated',
      sequence: M + 12,
      table: null,
      row: null,
      detail: `the chain ends with row ${M + 11}, and had ${M + 12} rows or more`,
    });
    const before = { sequence: M + 10, hash: chain.head.hash };
    expect(await chain.broken([before])).toEqual({
      how: 'rewritten',
      sequence: M + 10,
      table: 'audit_log',
      row: expect.any(String),
      detail: `the chain up to here is another one than that with the hash ${chain.head.hash}`,
    });
  });

  test('the tail of the chain alone', async () => {
    await chain.tamper(`DELETE FROM tap.audit_chain WHERE sequence > ${M + 9}`);
    expect(await chain.broken()).toEqual({
      how: 'unchained',
      sequence: null,
      table: 'audit_log',
      row: String(M + 4),
      detail: 'the row is not in the chain: it was written past it, or the end of the chain was cut off',
    });
  });

  test('a row that was written past the chain', async () => {
    await chain.tamper(`INSERT INTO tap.list_changes (id, list, kind, value, change, reason, author)
      VALUES (99, 'allow', 'device', 'device-m', 'add', 'why not', 'mallory')`);
    expect(await chain.broken()).toMatchObject({ how: 'unchained', table: 'list_changes', row: '99' });
  });

  test('a chain that was written anew, which only a head from before can tell', async () => {
    await chain.tamper(`UPDATE tap.list_changes SET list = 'allow' WHERE id = 1; DELETE FROM tap.audit_chain WHERE sequence >= ${M + 6};
      SELECT tap.append_to_chain('list_changes', 1), tap.append_to_chain('audit_log', ${M + 3}), tap.append_to_chain('dispositions', 1),
        tap.append_to_chain('list_changes', 2), tap.append_to_chain('audit_log', ${M + 4}), tap.append_to_chain('list_changes', 3),
        tap.append_to_chain('audit_log', ${M + 5})`);
    expect(await verifyChain()).toMatchObject({ intact: true, verified: M + 13 });
    expect(await chain.broken([chain.head])).toMatchObject({
      how: 'rewritten',
      sequence: M + 12,
      table: 'audit_log',
      row: String(M + 5),
    });
  });

  test('functions of the database that hash something else', async () => {
    const [definition] = await chain.database.only(`SELECT pg_get_functiondef('tap.append_to_chain'::regproc)`);
    await chain.master.query(String(definition).replace('ARRAY[source] || audited.fields', 'ARRAY[source]'));
    await listAdd('device-c');
    expect(await chain.broken()).toMatchObject({
      how: 'altered',
      sequence: M + 13,
      table: 'audit_log',
      detail: changed,
    });
    await chain.master.query(String(definition));
  });
});
