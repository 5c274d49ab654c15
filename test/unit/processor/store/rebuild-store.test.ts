import type { Pool } from 'pg';
import { entitiesOf } from '../../../../processor/history/history';
import { refOf } from '../../../../processor/history/record';
import { PostgresStore } from '../../../../processor/store/postgres';
import { RebuildPostgresStore } from '../../../../processor/store/rebuild-store';
import type { Transaction } from '../../../../processor/types';
import { arrival, judgement, type MigratedDatabase, startMigratedDatabase } from '../../../helpers/migrated-database';
import { HOUR, MINUTE, SECOND, T0, transaction } from '../../../helpers/transactions';

let database: MigratedDatabase;
let store: RebuildPostgresStore;

beforeAll(async () => {
  database = await startMigratedDatabase();
  store = new RebuildPostgresStore(database.operator as unknown as Pool);
}, 30_000);

beforeEach(() => database.clear());

afterAll(() => database.stop());

const WHOLE = Number.NEGATIVE_INFINITY;
const at = (id: string, occurredAt: number, changes: Partial<Transaction> = {}) =>
  transaction({ transactionId: id, occurredAt, ...changes });

async function accept(...transactions: Transaction[]): Promise<void> {
  await database.store.accept(
    transactions.map((t) => arrival(t)),
    [],
  );
}

async function all<T>(portions: AsyncIterable<T[]>): Promise<T[][]> {
  const found: T[][] = [];
  for await (const portion of portions) found.push(portion);
  return found;
}

describe('generations', () => {
  test('the first is whole, whatever was stored before it began, and begins once', async () => {
    await expect(database.store.currentGeneration()).rejects.toThrow('no generation of the histories has begun');
    await accept(at('a', T0));
    const first = { number: 1, completeAfter: WHOLE };
    expect(await database.store.beginGeneration(0)).toEqual({ generation: first, begun: true });
    expect(await database.store.beginGeneration(0)).toEqual({ generation: first, begun: false });
    expect(await database.store.currentGeneration()).toEqual(first);
  });

  test('a further one lacks what was stored before it, and begins once for many who notice', async () => {
    await database.store.beginGeneration(0);
    await accept(at('a', T0 + 5), at('b', T0 + HOUR + 7), at('c', T0));
    const clients = await Promise.all([1, 2, 3, 4].map(() => database.connect('tap_processor')));
    const noticed = await Promise.all(clients.map((client) => new PostgresStore(client).beginGeneration(1)));
    expect(noticed.map(({ generation }) => generation)).toEqual(
      noticed.map(() => ({ number: 2, completeAfter: T0 + HOUR + 7 })),
    );
    expect(noticed.filter(({ begun }) => begun)).toHaveLength(1);
    await Promise.all(clients.map((client) => client.end()));
    expect(await database.only('SELECT number::integer, cause FROM tap.generations ORDER BY number')).toEqual([
      1,
      'first',
      2,
      'lost',
    ]);
  });

  test('a rebuilt one begins after the incomplete one unless that was lost as well', async () => {
    await database.store.beginGeneration(0);
    await accept(at('a', T0));
    const { generation: lost } = await database.store.beginGeneration(1);
    expect(await store.complete({ ...lost, number: 1 }, T0 - HOUR)).toEqual({ generation: lost, begun: false });
    const rebuilt = { number: 3, completeAfter: T0 - HOUR };
    expect(await store.complete(lost, T0 - HOUR)).toEqual({ generation: rebuilt, begun: true });
    expect(await store.complete(rebuilt, WHOLE)).toEqual({
      generation: { number: 4, completeAfter: WHOLE },
      begun: true,
    });
  });

  test('judgements on histories that others hold more than are refused whole', async () => {
    await database.store.beginGeneration(0);
    const t = at('a', T0);
    await accept(t);
    await database.store.beginGeneration(1);
    const record = (generation: number, position: number) =>
      database.store.record([judgement(t, { position })], [judgement(t, { position, triggeredBy: 'x' })], generation);
    expect([await record(1, 1), await record(2, 2)]).toEqual([true, true]);
    await store.complete({ number: 2, completeAfter: T0 }, T0 - HOUR);
    expect([await record(2, 3), await record(3, 4)]).toEqual([false, true]);
    expect(await record(1, 5)).toBe(true);
    const stored = 'SELECT position::integer FROM';
    expect(await database.only(`${stored} tap.verdicts ORDER BY position`)).toEqual([1, 2, 4, 5]);
    expect(await database.only(`${stored} tap.shadow_verdicts ORDER BY position`)).toEqual([1, 2, 4, 5]);
  });

  test('a rebuilt one waits for judgements that are being recorded', async () => {
    await database.store.beginGeneration(0);
    const t = at('a', T0);
    await accept(t);
    const recording = await database.connect('tap_processor');
    await recording.query('BEGIN');
    await new PostgresStore(recording).record([judgement(t)], [], 1);
    const completing = store.complete({ number: 1, completeAfter: WHOLE }, WHOLE);
    expect(await Promise.race([completing, new Promise((resolve) => setTimeout(resolve, 300, 'waits'))])).toBe('waits');
    await recording.query('COMMIT');
    expect((await completing).begun).toBe(true);
    await recording.end();
  });
});

describe('what a rebuild reads', () => {
  test('the newest transaction, and those of a span in order', async () => {
    expect(await store.newest()).toBe(WHOLE);
    const days = [at('old', T0 - 30 * HOUR), at('b', T0), at('a', T0), at('new', T0 + 40 * HOUR)];
    await accept(...days);
    expect(await store.newest()).toBe(T0 + 40 * HOUR);
    const ids = async (after: number, through: number) =>
      (await all(store.between(after, through))).flat().map(({ transactionId }) => transactionId);
    expect(await ids(WHOLE, T0)).toEqual(['old', 'a', 'b']);
    expect(await ids(T0 - 30 * HOUR, T0 + 40 * HOUR)).toEqual(['a', 'b', 'new']);
    expect(await ids(T0, T0 + 40 * HOUR - 1)).toEqual([]);
  });

  test('portions of 5,000, none twice and none left out, though many share a time', async () => {
    const many = Array.from({ length: 10_001 }, (_, i) => at(`t-${i}`, T0 + (i % 3) * SECOND));
    await accept(...many);
    const portions = await all(store.between(WHOLE, T0 + HOUR));
    expect(portions.map(({ length }) => length)).toEqual([5_000, 5_000, 1]);
    expect(new Set(portions.flat().map(({ transactionId }) => transactionId)).size).toBe(10_001);
  }, 30_000);

  test('transactions whose last judgement in their own turn is of a lost generation and does not cover the whole day', async () => {
    const [lost, rebuilt] = [2 * 2 ** 40, 3 * 2 ** 40];
    await database.store.beginGeneration(0);
    const names = ['uncovered', 'late', 'whole', 'first', 'again', 'overtaken', 'rebuilt'];
    await accept(...names.map((name, i) => at(name, T0 + i)));
    await database.store.beginGeneration(1);
    await store.complete({ number: 2, completeAfter: 0 }, WHOLE);
    const judged = (name: string, position: number, coverageSeconds: number, changes = {}) =>
      judgement(at(name, T0 + names.indexOf(name)), { position, coverageSeconds, ...changes });
    await database.store.record(
      [
        judged('uncovered', lost + 1, 86_399),
        judged('late', lost + 1, 0, { late: true }),
        judged('whole', lost + 1, 86_400),
        judged('first', 2 ** 40 + 1, 5),
        judged('again', lost + 1, 5),
        judged('again', rebuilt + 1, 86_400, { triggeredBy: 'rebuild/3' }),
        judged('overtaken', lost + 1, 5),
        judged('overtaken', rebuilt + 1, 86_400, { triggeredBy: 'x' }),
        judged('rebuilt', lost + 1, 86_400),
        judged('rebuilt', lost + 2, 5, { triggeredBy: 'rebuild/2' }),
      ],
      [],
      3,
    );
    expect(
      (await all(store.incompletelyJudged()))
        .flat()
        .map(({ transaction: { transactionId }, late }) => [transactionId, late]),
    ).toEqual([
      ['uncovered', false],
      ['late', true],
      ['overtaken', false],
      ['rebuilt', false],
    ]);
  });
});

describe('stored histories', () => {
  const none = () => '';
  const t = at('t', T0, { deviceId: 'd', ipAddress: '2001:db8::1', location: { latitude: 35.5, longitude: 139.5 } });

  test.each([
    ['few entities', 0],
    ['many', 40],
  ])('are those of the cache, of %s: what happened within 24 hours of the transaction', async (_, others) => {
    const near = [
      at('by-customer', T0 - 24 * HOUR + 1, { paymentToken: 'x' }),
      at('by-token', T0 - MINUTE, { customerId: 'x', location: { latitude: 1, longitude: 2 } }),
      at('by-device', T0 - SECOND, { customerId: 'x', paymentToken: 'x', deviceId: 'd' }),
      at('by-address', T0 + 24 * HOUR - 1, { customerId: 'x', paymentToken: 'x', ipAddress: '2001:db8::1' }),
    ];
    const far = [
      at('before', T0 - 24 * HOUR),
      at('after', T0 + 24 * HOUR),
      at('alien', T0, { customerId: 'y', paymentToken: 'y' }),
    ];
    const more = Array.from({ length: others }, (_, i) =>
      at(`more-${i}`, T0, { customerId: `more-${i}`, paymentToken: `more-${i}` }),
    );
    await accept(t, ...near, ...far, ...more);
    const timelines = await store.histories([t, ...more]);
    expect(timelines.size).toBe(4 + 2 * others);
    const found = Object.fromEntries(
      entitiesOf(t).map(({ kind, key }) => {
        const timeline = timelines.get(key);
        const records = [...(timeline?.before(refOf(t), none) ?? []), ...(timeline?.after(refOf(t), none) ?? [])];
        return [kind, records.map(({ occurredAt }) => occurredAt - T0)];
      }),
    );
    expect(found).toEqual({
      customer: [-24 * HOUR + 1],
      token: [-MINUTE],
      device: [-SECOND],
      address: [24 * HOUR - 1],
    });
    const token = entitiesOf(t).find(({ kind }) => kind === 'token');
    expect(timelines.get(token?.key as string)?.before(refOf(t), none)).toEqual([
      expect.objectContaining({ latitude: expect.closeTo(1, 4), longitude: expect.closeTo(2, 4), amount: 4980 }),
    ]);
  });

  test('of no transactions are none', async () => {
    expect((await store.histories([])).size).toBe(0);
  });
});
