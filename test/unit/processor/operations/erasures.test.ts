import { layouts } from '../../../../processor/history/record';
import { carryOut } from '../../../../processor/operations/erasures';
import { distanceKm } from '../../../../processor/rules/impossible-travel';
import { fromRow, TRANSACTION_COLUMNS } from '../../../../processor/store/row';
import type { Transaction, Verdict } from '../../../../processor/types';
import { random } from '../../../helpers/household';
import {
  arrival,
  invoke,
  judgement,
  type MigratedDatabase,
  startMigratedDatabase,
} from '../../../helpers/migrated-database';
import { HOUR, MINUTE, T0, transaction } from '../../../helpers/transactions';

jest.mock('../../../../processor/history/connect', () => ({
  openConnection: async () => ({ call: async () => null, close: () => undefined }),
}));

let database: MigratedDatabase;

beforeAll(async () => {
  database = await startMigratedDatabase();
}, 30_000);

afterAll(() => database.stop());

interface Answer {
  erasure: number;
  state: string;
  counts: Record<string, unknown> | null;
}

const ask = (customerId: string, reason = 'case 12'): Promise<Answer> =>
  invoke({ action: 'erase', customerId, person: 'alice', reason });
const approve = (erasure: number, person = 'bob'): Promise<Answer> =>
  invoke({ action: 'erase-approve', erasure, person }, 'approve');
const goOn = (erasure: number): Promise<Answer> => invoke({ action: 'erase-continue', erasure });
const state = async (erasure: number) => await database.only(`SELECT state FROM tap.erasures WHERE id = ${erasure}`);

async function asMaster(sql: string): Promise<unknown[][]> {
  const master = await database.connectAsMaster();
  try {
    return (await master.query({ text: sql, rowMode: 'array' })).rows;
  } finally {
    await master.end();
  }
}

/** Stores transactions of some days ago, with a verdict each. */
async function stored(transactions: readonly Transaction[], verdicts: readonly (Verdict | undefined)[] = []) {
  await database.store.accept(
    transactions.map((t) => arrival(t)),
    [],
  );
  const judgements = transactions.map((t, i) => judgement(t, verdicts[i] && { verdict: verdicts[i] }));
  expect(await database.store.record(judgements, [], 1)).toBe(true);
  await asMaster("UPDATE tap.transactions SET stored_at = stored_at - interval '3 days'");
}

let number = 0;
/** Transactions of a customer of its own. */
const some = (count: number, changes: (i: number) => Partial<Transaction> = () => ({})) => {
  const customerId = `customer-${'abcdefghijklmnopqrstuvwxyz'[number++]}`;
  return Array.from({ length: count }, (_, i) =>
    transaction({
      transactionId: `${customerId}-${i}`,
      occurredAt: T0 + i * MINUTE,
      customerId,
      paymentToken: `token-of-${customerId}`,
      ...changes(i),
    }),
  ) as [Transaction, ...Transaction[]];
};

async function read(transactions: readonly Transaction[]): Promise<Transaction[]> {
  const { rows } = await database.operator.query(
    `SELECT ${TRANSACTION_COLUMNS} FROM tap.transactions t WHERE transaction_id = ANY ($1) ORDER BY t.occurred_at, transaction_id`,
    [transactions.map(({ transactionId }) => transactionId)],
  );
  return rows.map(fromRow);
}

test.each([
  ['tap_operator', 'SELECT customer_id FROM tap.erasures'],
  ['tap_operator', 'SELECT FROM tap.erasure_transactions'],
  ['tap_operator', 'SELECT FROM tap.erasure_identifiers'],
  ['tap_operator', 'SELECT FROM tap.archive_keys'],
  ['tap_operator', "SELECT tap.archive_keys_of('{c}')"],
  ['tap_operator', "UPDATE tap.erasures SET state = 'approved'"],
  ['tap_operator', 'UPDATE tap.transactions SET customer_id = $$x$$'],
  ['tap_operator', 'SELECT tap.erase_run(e, 0) FROM (SELECT NULL::tap.erasures AS e) x'],
  ['tap_operator', "SELECT tap.erase_places('t', now(), now())"],
  ['tap_processor', 'SELECT tap.erase_next(1)'],
  ['tap_processor', 'SELECT FROM tap.archive_keys'],
  ['tap_publisher', 'SELECT tap.finish_erasure(1)'],
  ['tap_archiver', 'SELECT FROM tap.archive_keys'],
  ['tap_archiver', "SELECT tap.archive_keys_by('2026-04-01', '{}')"],
  ['tap_archiver', 'SELECT FROM tap.transactions'],
  ['tap_archiver', 'DELETE FROM tap.archive_keys'],
] as const)('%s may not: %s', async (user, sql) => {
  const client = await database.connect(user);
  await expect(client.query(sql)).rejects.toThrow('permission denied');
  await client.end();
});

describe('a request', () => {
  it('is for two persons, and names the customer only while it is under way', async () => {
    const [t] = some(1);
    await stored([t]);
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
    expect(await asMaster(`SELECT personal, customer_id ${request}`)).toEqual([[{}, null]]);
    expect(await database.only("SELECT count(*)::integer FROM tap.audit_log WHERE action = 'erased'")).toEqual([1]);
  });

  it('can be withdrawn until it has begun, and then names nobody', async () => {
    const [t] = some(1);
    const { erasure } = await ask(t.customerId);
    expect(await invoke({ action: 'erase-withdraw', erasure, person: 'carol' })).toMatchObject({ state: 'withdrawn' });
    expect(await asMaster(`SELECT customer_id FROM tap.erasures WHERE id = ${erasure}`)).toEqual([[null]]);
    expect(
      await asMaster(`SELECT count(*)::integer FROM tap.audit_log WHERE personal->>'customerId' = '${t.customerId}'`),
    ).toEqual([[0]]);
    await expect(approve(erasure)).rejects.toThrow(
      `erasure ${erasure} is withdrawn; only one that is requested can be approved`,
    );
    expect(await invoke({ action: 'verify-chain' })).toMatchObject({ intact: true });
    const again = await ask(t.customerId);
    await stored([t]);
    await asMaster(`UPDATE tap.transactions SET stored_at = now() WHERE customer_id = '${t.customerId}'`);
    await expect(approve(again.erasure)).rejects.toThrow('waits');
    await invoke({ action: 'erase-withdraw', erasure: again.erasure, person: 'carol' });
    expect(await asMaster(`SELECT customer_id, approved_by FROM tap.erasures WHERE id = ${again.erasure}`)).toEqual([
      [null, 'bob'],
    ]);
    await asMaster("UPDATE tap.transactions SET stored_at = stored_at - interval '3 days'");
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
    await stored(transactions);
    const { customerId } = transactions[0];
    await asMaster(
      `UPDATE tap.transactions SET stored_at = now() - interval '48 hours 4 minutes' WHERE transaction_id = '${customerId}-1'`,
    );
    const { erasure } = await ask(customerId);
    await expect(approve(erasure)).rejects.toThrow(
      new RegExp(
        `^erasure ${erasure} waits: a transaction of the customer arrived at .*Z, and histories may need it .* go on after `,
      ),
    );
    expect(await state(erasure)).toEqual(['approved']);
    expect((await read(transactions)).map((t) => t.customerId)).toEqual([customerId, customerId]);
    await asMaster("UPDATE tap.transactions SET stored_at = stored_at - interval '2 minutes'");
    expect(await goOn(erasure)).toMatchObject({ state: 'done', counts: { transactions: 2 } });
  });

  it('for transactions that have not been judged', async () => {
    const [judged, unjudged] = some(2) as [Transaction, Transaction];
    await stored([judged]);
    await database.store.accept([arrival(unjudged)], []);
    await asMaster("UPDATE tap.transactions SET stored_at = stored_at - interval '3 days'");
    const { erasure } = await ask(judged.customerId);
    await expect(approve(erasure)).rejects.toThrow(
      `erasure ${erasure} waits: 1 transactions of the customer have not been`,
    );
    await database.store.record([judgement(unjudged)], [], 1);
    expect(await goOn(erasure)).toMatchObject({ state: 'done', counts: { transactions: 2 } });
  });

  it('while a list in force names the customer, and not once the entry is over', async () => {
    const [t] = some(1);
    await stored([t]);
    const entry = { list: 'block', kind: 'customer', value: t.customerId, reason: 'fraud', author: 'alice' };
    const { entry: id } = (await invoke({ action: 'list-add', ...entry })) as { entry: number };
    const { erasure } = await ask(t.customerId);
    await expect(approve(erasure)).rejects.toThrow(
      `erasure ${erasure} waits: the customer is named by entry ${id} of the block list; take it off first`,
    );
    await invoke({ action: 'list-remove', ...entry });
    expect(await goOn(erasure)).toMatchObject({ state: 'done', counts: { listChanges: 2 } });
    const [pseudonym] = await read([t]);
    expect(await database.only(`SELECT DISTINCT value FROM tap.list_changes WHERE id >= ${id}`)).toEqual([
      pseudonym?.customerId,
    ]);
    expect(await invoke({ action: 'verify-chain' })).toMatchObject({ intact: true });
  });
});

test('runs that are a day apart have nothing in common any more, and what follows within a day has all', async () => {
  const transactions = some(3, (i) => ({
    occurredAt: T0 + (i * 24 * HOUR - Math.min(i, 1)),
    orderId: 'order-1',
    deviceId: 'device-r',
  }));
  await stored(transactions);
  await approve((await ask(transactions[0].customerId)).erasure);
  const names = (await read(transactions)).map(({ customerId, paymentToken, deviceId, orderId }) => [
    ...[customerId, paymentToken, deviceId, orderId],
  ]);
  expect(names[0]).toEqual(names[1]);
  expect(new Set(names.flat()).size).toBe(8);
  for (const name of names.flat()) expect(name).toMatch(/^erased\.[a-p]{32}$/);
});

test('what arrives meanwhile is new, and stays', async () => {
  const transactions = some(2, (i) => ({ occurredAt: T0 + i * 30 * HOUR }));
  await stored(transactions);
  const { erasure } = await ask(transactions[0].customerId);
  await database.operator.query("SELECT tap.decide_erasure($1, 'bob', true)", [erasure]);
  expect((await database.operator.query('SELECT tap.erase_next($1) AS more', [erasure])).rows).toEqual([
    { more: true },
  ]);
  const late = transaction({ ...transactions[0], transactionId: 'arrived-meanwhile', occurredAt: T0 + 20 * 24 * HOUR });
  await database.store.accept([arrival(late)], []);
  await database.store.record([judgement(late)], [], 1);
  expect(await goOn(erasure)).toMatchObject({ state: 'done', counts: { transactions: 2, kept: { token: 1 } } });
  expect(await read([late])).toEqual([late]);
  expect(
    (await read(transactions)).every(({ customerId, paymentToken }) =>
      `${customerId}${paymentToken}`.match(/^erased\..*erased\./),
    ),
  ).toBe(true);
});

test('places are as far apart as reasons say, whatever they say, and where none says so there are none', async () => {
  const next = random(3);
  const distances = Array.from({ length: 60 }, () => Math.round((next() < 0.2 ? 20_015.1 : next() * 20_015) * 10) / 10);
  const transactions = some(61, () => ({ location: { latitude: 90 * next(), longitude: 180 * next() } }));
  const verdicts = transactions.map((_, i): Verdict => {
    const distance = i % 7 === 3 ? undefined : distances[i - 1];
    const reasons = distance === undefined ? [] : [{ rule: 'impossible-travel', weight: 0, distanceKm: distance }];
    return { decision: 'review', score: 0, reasons };
  });
  await stored(transactions, verdicts);
  const still = some(3, () => ({ location: { latitude: 35.6, longitude: 139.7 } }));
  await stored(still);
  for (const [t] of [transactions, still]) await approve((await ask(t.customerId)).erasure);
  const places = (await read(transactions)).map((t) => ({ kept: layouts.token.record(t), exact: t.location }));
  const apart = places.slice(1).map(({ exact }, i) => {
    const from = places[i]?.kept as { latitude: number; longitude: number };
    const to = exact as { latitude: number; longitude: number };
    return Math.round(distanceKm(from.latitude, from.longitude, to.latitude, to.longitude) * 10) / 10;
  });
  expect(apart).toEqual(distances.map((distance, i) => ((i + 1) % 7 === 3 ? 0 : distance)));
  expect(places.every(({ exact }) => exact?.latitude === 0 && Math.abs(exact.longitude) <= 180)).toBe(true);
  expect((await read(still)).map(({ location }) => location)).toEqual([undefined, undefined, undefined]);
});

test('an account’s age stays where the verdict rests on it', async () => {
  const transactions = some(2, () => ({ accountCreatedAt: T0 - 77_777 }));
  const reasons = [{ rule: 'new-account-amount', weight: 0, ageMs: 77_777 }];
  await stored(transactions, [{ decision: 'review', score: 0, reasons }]);
  await approve((await ask(transactions[0].customerId)).erasure);
  expect((await read(transactions)).map(({ accountCreatedAt }) => accountCreatedAt)).toEqual([T0 - 77_777, undefined]);
});

test('one that runs out of time goes on where it was', async () => {
  const transactions = some(2, (i) => ({ occurredAt: T0 + i * 30 * HOUR }));
  await stored(transactions);
  const { erasure } = await ask(transactions[0].customerId);
  await database.operator.query("SELECT tap.decide_erasure($1, 'bob', true)", [erasure]);
  const query = database.operator.query.bind(database.operator);
  const pool = { query, connect: async () => ({ query, release: () => undefined }) };
  expect(await carryOut(pool as never, erasure, 0)).toMatchObject({ state: 'running', endedAt: null, counts: null });
  const [first, second] = (await read(transactions)).map(({ customerId }) => customerId);
  expect([first, second]).toEqual([expect.stringMatching(/^erased/), transactions[0].customerId]);
  expect(await goOn(erasure)).toMatchObject({ state: 'done', counts: { transactions: 2 } });
});

test('what was replaced is vacuumed', async () => {
  const [t] = some(1, () => ({ occurredAt: T0 + 50 * 24 * HOUR }));
  await stored([t]);
  const options = "SELECT reloptions FROM pg_class WHERE relname = 'transactions_20260521'";
  expect(await database.only(options)).toEqual([null]);
  await approve((await ask(t.customerId)).erasure);
  expect(await database.only(options)).toEqual([['autovacuum_vacuum_threshold=0', 'autovacuum_vacuum_scale_factor=0']]);
});

test('identifiers go out of texts as words of their own, whatever characters they have', async () => {
  const cases: [string, string[], string][] = [
    ['by cust.a-1, (cust.a-1) and xcust.a-1', ['cust.a-1'], 'by [erased], ([erased]) and xcust.a-1'],
    ['custXa-1 cust.a-12', ['cust.a-1'], 'custXa-1 cust.a-12'],
    ['2001:db8::1 and tok_9fQ', ['2001:db8::1', 'tok_9fQ'], '[erased] and [erased]'],
    ['entry 12 of c-1', ['12', 'c-1'], 'entry 12 of c-1'],
  ];
  for (const [given, identifiers, expected] of cases) {
    const master = await database.connectAsMaster();
    const { rows } = await master.query('SELECT tap.without($1, $2) AS text', [given, identifiers]);
    await master.end();
    expect(rows).toEqual([{ text: expected }]);
  }
});

test('a customer has one key, whoever asks first, until it is destroyed', async () => {
  const clients = await Promise.all([1, 2, 3].map(() => database.connect('tap_archiver')));
  const keysOf = async (client: (typeof clients)[number], ...customers: string[]) =>
    new Map(
      (await client.query('SELECT * FROM tap.archive_keys_of($1)', [customers])).rows.map((row) => [
        row.customer_id,
        row.key,
      ]),
    );
  const answers = await Promise.all(
    clients.flatMap((client) => [keysOf(client, 'key-a', 'key-b', 'key-a'), keysOf(client, 'key-b', 'key-c')]),
  );
  const all = answers.flatMap((answer) => [...answer].map(([customer, key]) => `${customer} ${key.toString('hex')}`));
  expect(new Set(all).size).toBe(3);
  const before = answers[0]?.get('key-a') as Buffer;
  expect(before).toHaveLength(32);

  await approve((await ask('key-a')).erasure);
  const after = await keysOf(clients[0] as never, 'key-a', 'key-b');
  expect(after.get('key-a')).not.toEqual(before);
  expect(after.get('key-b')).toEqual(answers[0]?.get('key-b'));
  for (const client of clients) await client.end();
});
