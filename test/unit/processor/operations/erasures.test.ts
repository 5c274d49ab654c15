import { carryOut } from '../../../../processor/operations/erasures';
import type { Transaction } from '../../../../processor/types';
import { approve, ask, goOn, read, some, stored } from '../../../helpers/erasures';
import {
  arrival,
  invoke,
  judgement,
  type MigratedDatabase,
  startMigratedDatabase,
} from '../../../helpers/migrated-database';
import { HOUR, T0, transaction } from '../../../helpers/transactions';

jest.mock('../../../../processor/history/connect', () => ({
  openConnection: async () => ({ call: async () => null, close: () => undefined }),
}));

let database: MigratedDatabase;

beforeAll(async () => {
  database = await startMigratedDatabase();
}, 30_000);

afterAll(() => database.stop());

describe('a request', () => {
  it('is for two persons, and names the customer only while it is under way', async () => {
    const [t] = some(1);
    await stored(database, [t]);
    const { erasure, state: before } = await ask(t.customerId);
    expect(before).toBe('requested');
    await expect(ask(t.customerId)).rejects.toThrow(`erasure ${erasure} of this customer is under way`);
    await expect(goOn(erasure)).rejects.toThrow(`erasure ${erasure} is requested, not approved`);
    await expect(approve(erasure, 'Alice')).rejects.toThrow(
      `erasure ${erasure} was requested by alice; another person must approve it`,
    );
    await expect(invoke({ action: 'erase-approve', erasure, person: 'bob' })).rejects.toThrow('is not to be had here');
    await expect(
      invoke({ action: 'erase', customerId: t.customerId, person: 'alice', reason: 'x' }, 'approve'),
    ).rejects.toThrow('is not to be had here');
    const request = `FROM tap.audit_log l JOIN tap.erasures e ON audit_id = l.id WHERE e.id = ${erasure}`;
    expect(await database.only(`SELECT personal, detail - 'awsRequestId' ${request}`)).toEqual([
      { customerId: t.customerId, reason: 'case 12' },
      { person: 'alice' },
    ]);
    expect(await approve(erasure)).toMatchObject({ state: 'done', counts: { transactions: 1, requests: 2 } });
    await expect(approve(erasure)).rejects.toThrow(
      `erasure ${erasure} is done; only one that is requested can be approved`,
    );
    expect(await goOn(erasure)).toMatchObject({ state: 'done' });
    expect(await database.asMaster(`SELECT personal, customer_id ${request}`)).toEqual([[{}, null]]);
    expect(await database.only("SELECT count(*)::integer FROM tap.audit_log WHERE action = 'erased'")).toEqual([1]);
  });

  it('can be withdrawn until it has begun, and then names nobody', async () => {
    const [t] = some(1);
    const { erasure } = await ask(t.customerId);
    expect(await invoke({ action: 'erase-withdraw', erasure, person: 'carol' })).toMatchObject({ state: 'withdrawn' });
    expect(await database.asMaster(`SELECT customer_id FROM tap.erasures WHERE id = ${erasure}`)).toEqual([[null]]);
    expect(
      await database.asMaster(
        `SELECT count(*)::integer FROM tap.audit_log WHERE personal->>'customerId' = '${t.customerId}'`,
      ),
    ).toEqual([[0]]);
    await expect(approve(erasure)).rejects.toThrow(
      `erasure ${erasure} is withdrawn; only one that is requested can be approved`,
    );
    expect(await invoke({ action: 'verify-chain' })).toMatchObject({ intact: true });
    const again = await ask(t.customerId);
    await stored(database, [t]);
    await database.asMaster(`UPDATE tap.transactions SET stored_at = now() WHERE customer_id = '${t.customerId}'`);
    await expect(approve(again.erasure)).rejects.toThrow('waits');
    await invoke({ action: 'erase-withdraw', erasure: again.erasure, person: 'carol' });
    expect(
      await database.asMaster(`SELECT customer_id, approved_by FROM tap.erasures WHERE id = ${again.erasure}`),
    ).toEqual([[null, 'bob']]);
    await database.asMaster("UPDATE tap.transactions SET stored_at = stored_at - interval '3 days'");
    const { erasure: third } = await ask(t.customerId);
    await approve(third);
    await expect(invoke({ action: 'erase-withdraw', erasure: third, person: 'carol' })).rejects.toThrow(
      `erasure ${third} is done; only one that has not begun can be withdrawn`,
    );
  });

  it.each([
    [{ customerId: `erased.${'a'.repeat(32)}` }, 'customerId: is a pseudonym, whose customer was erased'],
    [{ reason: 'customer-zz asked for it' }, 'reason: names the customer, and stays; name the case instead'],
    [{ person: 'deployment' }, 'deployment is no person'],
    [{ customerId: 'a b' }, 'erase: customerId: found a text of 3 characters; must be 1 to 64 characters'],
  ])('with %j is refused', async (fields, message) => {
    const request = { action: 'erase', customerId: 'customer-zz', person: 'alice', reason: 'case 12', ...fields };
    await expect(invoke(request)).rejects.toThrow(message);
  });

  it.each(['erase-continue', 'erase-withdraw'])('that is not there is not to be had for %s', async (action) => {
    const person = action === 'erase-withdraw' && { person: 'bob' };
    await expect(invoke({ action, erasure: 999, ...person })).rejects.toThrow('there is no erasure 999');
  });
});

describe('an erasure waits', () => {
  it('for two days after the last transaction arrived, and takes up where it was', async () => {
    const transactions = some(2);
    await stored(database, transactions);
    const { customerId } = transactions[0];
    await database.asMaster(
      `UPDATE tap.transactions SET stored_at = now() - interval '48 hours 4 minutes' WHERE transaction_id = '${customerId}-1'`,
    );
    const { erasure } = await ask(customerId);
    await expect(approve(erasure)).rejects.toThrow(
      new RegExp(
        `^erasure ${erasure} waits: a transaction of the customer arrived at .*Z, and histories may need it .* go on after `,
      ),
    );
    expect(await database.only(`SELECT state FROM tap.erasures WHERE id = ${erasure}`)).toEqual(['approved']);
    expect((await read(database, transactions)).map((t) => t.customerId)).toEqual([customerId, customerId]);
    await database.asMaster("UPDATE tap.transactions SET stored_at = stored_at - interval '2 minutes'");
    expect(await goOn(erasure)).toMatchObject({ state: 'done', counts: { transactions: 2 } });
  });

  it('for transactions that have not been judged', async () => {
    const [judged, unjudged] = some(2) as [Transaction, Transaction];
    await stored(database, [judged]);
    await database.store.accept([arrival(unjudged)], []);
    await database.asMaster("UPDATE tap.transactions SET stored_at = stored_at - interval '3 days'");
    const { erasure } = await ask(judged.customerId);
    await expect(approve(erasure)).rejects.toThrow(
      `erasure ${erasure} waits: 1 transactions of the customer have not been`,
    );
    await database.store.record([judgement(unjudged)], [], 1);
    expect(await goOn(erasure)).toMatchObject({ state: 'done', counts: { transactions: 2 } });
  });

  it('while a list in force names the customer, and not once the entry is over', async () => {
    const [t] = some(1);
    await stored(database, [t]);
    const entry = { list: 'block', kind: 'customer', value: t.customerId, reason: 'fraud', author: 'alice' };
    const { entry: id } = (await invoke({ action: 'list-add', ...entry })) as { entry: number };
    const { erasure } = await ask(t.customerId);
    await expect(approve(erasure)).rejects.toThrow(
      `erasure ${erasure} waits: the customer is named by entry ${id} of the block list; take it off first`,
    );
    await invoke({ action: 'list-remove', ...entry });
    expect(await goOn(erasure)).toMatchObject({ state: 'done', counts: { listChanges: 2 } });
    const [pseudonym] = await read(database, [t]);
    expect(await database.only(`SELECT DISTINCT value FROM tap.list_changes WHERE id >= ${id}`)).toEqual([
      pseudonym?.customerId,
    ]);
    expect(await invoke({ action: 'verify-chain' })).toMatchObject({ intact: true });
  });
});

test('what arrives meanwhile is new, and stays', async () => {
  const transactions = some(2, (i) => ({ occurredAt: T0 + i * 30 * HOUR }));
  await stored(database, transactions);
  const { erasure } = await ask(transactions[0].customerId);
  await database.operator.query("SELECT tap.decide_erasure($1, 'bob', true)", [erasure]);
  expect((await database.operator.query('SELECT tap.erase_next($1) AS more', [erasure])).rows).toEqual([
    { more: true },
  ]);
  const late = transaction({ ...transactions[0], transactionId: 'arrived-meanwhile', occurredAt: T0 + 20 * 24 * HOUR });
  await database.store.accept([arrival(late)], []);
  await database.store.record([judgement(late)], [], 1);
  expect(await goOn(erasure)).toMatchObject({ state: 'done', counts: { transactions: 2, kept: { token: 1 } } });
  expect(await read(database, [late])).toEqual([late]);
  expect(
    (await read(database, transactions)).every(({ customerId, paymentToken }) =>
      `${customerId}${paymentToken}`.match(/^erased\..*erased\./),
    ),
  ).toBe(true);
});

test('one that runs out of time goes on where it was', async () => {
  const transactions = some(2, (i) => ({ occurredAt: T0 + i * 30 * HOUR }));
  await stored(database, transactions);
  const { erasure } = await ask(transactions[0].customerId);
  await database.operator.query("SELECT tap.decide_erasure($1, 'bob', true)", [erasure]);
  const query = database.operator.query.bind(database.operator);
  const pool = { query, connect: async () => ({ query, release: () => undefined }) };
  expect(await carryOut(pool as never, erasure, 0)).toMatchObject({ state: 'running', endedAt: null, counts: null });
  const [first, second] = (await read(database, transactions)).map(({ customerId }) => customerId);
  expect([first, second]).toEqual([expect.stringMatching(/^erased/), transactions[0].customerId]);
  expect(await goOn(erasure)).toMatchObject({ state: 'done', counts: { transactions: 2 } });
});
