import { PostgresStore } from '../../../../processor/store/postgres';
import type { Judgement } from '../../../../processor/store/store';
import type { Reason, Transaction, Verdict } from '../../../../processor/types';
import {
  arrival,
  judgement,
  type MigratedDatabase,
  RULE_SET,
  startMigratedDatabase,
} from '../../../helpers/migrated-database';
import { MINUTE, SECOND, T0, transaction } from '../../../helpers/transactions';

let database: MigratedDatabase;

beforeAll(async () => {
  database = await startMigratedDatabase();
}, 30_000);

afterAll(() => database.stop());

const reason: Reason = { rule: 'large-amount', weight: 40, observed: 1 };
const review: Verdict = { decision: 'review', score: 40, reasons: [reason] };
const block: Verdict = { decision: 'block', score: 100, reasons: [reason] };

const record = (...judgements: Judgement[]) => database.store.record(judgements, [], 1);

async function accepted(id: string, changes: Partial<Transaction> = {}): Promise<Transaction> {
  const t = transaction({ transactionId: id, customerId: `of-${id}`, ...changes });
  await database.store.accept([arrival(t)], []);
  return t;
}

/** What the outbox says of a transaction, in order. */
async function outbox(id: string): Promise<Record<string, unknown>[]> {
  const { rows } = await database.operator.query(
    'SELECT revision, kind, content FROM tap.alert_outbox WHERE transaction_id = $1 ORDER BY id',
    [id],
  );
  return rows;
}

const told = async (id: string) => (await outbox(id)).map(({ revision, kind }) => [revision, kind]);

test('an alert is told with everything a consumer needs, under the revision it is known again by', async () => {
  const t = await accepted('whole', { occurredAt: T0 + 7 });
  await record(judgement(t, { verdict: review, coverageSeconds: 19_800, position: 2 ** 40 + 3 }));
  const [row] = await outbox('whole');
  expect(row).toEqual({
    revision: 1,
    kind: 'raised',
    content: {
      alertId: 'whole',
      revision: 1,
      kind: 'raised',
      decision: 'review',
      score: 40,
      reasons: [reason],
      coverageSeconds: 19_800,
      ruleSetVersion: RULE_SET.version,
      transactionId: 'whole',
      occurredAt: '2026-04-01T00:00:00.007Z',
      customerId: 'of-whole',
      judgedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      triggeredBy: 'whole',
    },
  });
});

test('plain allows and allows with a reason are not told', async () => {
  await record(judgement(await accepted('plain')));
  await record(judgement(await accepted('reasoned'), {}));
  const low = await accepted('low');
  await record(judgement(low, { verdict: { decision: 'allow', score: 20, reasons: [reason] } }));
  expect(await database.only("SELECT decision, score, reasons FROM tap.verdicts WHERE transaction_id = 'low'")).toEqual(
    ['allow', 20, [reason]],
  );
  expect([await told('plain'), await told('low')]).toEqual([[], []]);
});

test('of revisions only those are told that change decision, score or reasons, and those that withdraw', async () => {
  const t = await accepted('changing');
  const revise = (position: number, verdict: Verdict, changes = {}) =>
    record(judgement(t, { verdict, position, triggeredBy: `by-${position}`, ...changes }));
  await record(judgement(t, { position: 10 }));
  await revise(11, review);
  await revise(12, review, { late: true, coverageSeconds: 5 });
  await revise(13, { ...review, score: 41 });
  await revise(14, { ...review, score: 41, reasons: [{ ...reason, observed: 2 }] });
  await revise(15, block);
  await revise(16, { decision: 'allow', score: 20, reasons: [reason] });
  await revise(17, { decision: 'allow', score: 0, reasons: [] });
  await revise(18, review);
  expect(await told('changing')).toEqual([
    [1, 'raised'],
    [2, 'revised'],
    [3, 'revised'],
    [4, 'revised'],
    [5, 'withdrawn'],
    [6, 'raised'],
  ]);
});

test('an older judgement that comes late is kept and not told', async () => {
  const t = await accepted('older');
  await record(judgement(t, { verdict: review, position: 5, triggeredBy: 'x' }));
  await record(judgement(t, { position: 4 }), judgement(t, { verdict: block, position: 3, triggeredBy: 'y' }));
  expect(await told('older')).toEqual([[1, 'raised']]);
  expect(
    await database.only("SELECT position::integer FROM tap.verdicts WHERE transaction_id = 'older' ORDER BY revision"),
  ).toEqual([5, 3, 4]);
});

test('of judgements at one position that with the lowest trigger is current, whichever comes first', async () => {
  const [t, u] = [await accepted('tie-1'), await accepted('tie-2')];
  const [low, high] = [
    { verdict: review, position: 5, triggeredBy: 'a' },
    { verdict: block, position: 5, triggeredBy: 'b' },
  ];
  await record(judgement(t, low));
  await record(judgement(t, high));
  await record(judgement(u, high));
  await record(judgement(u, low));
  expect([await told('tie-1'), await told('tie-2')]).toEqual([
    [[1, 'raised']],
    [
      [1, 'raised'],
      [2, 'revised'],
    ],
  ]);
});

test('what is recorded again, in the same call or later, is neither stored nor told twice', async () => {
  const [t, u] = [await accepted('again-1'), await accepted('again-2')];
  const both = [
    judgement(t, { verdict: review }),
    judgement(u),
    judgement(t, { verdict: review }),
    judgement(u, { position: 3, verdict: block, triggeredBy: 'z' }),
  ];
  await record(...both);
  await record(...both.reverse());
  await record(judgement(u));
  expect(
    await database.only(
      "SELECT transaction_id, position::integer, triggered_by, revision FROM tap.verdicts WHERE transaction_id LIKE 'again-%' ORDER BY 1, 4",
    ),
  ).toEqual(['again-1', 1, 'again-1', 1, 'again-2', 1, 'again-2', 1, 'again-2', 3, 'z', 2]);
  expect([await told('again-1'), await told('again-2')]).toEqual([[[1, 'raised']], [[1, 'raised']]]);
});

test.each([
  ['known to be repeated', ['repeated', 'twice-known']],
  ['not', []],
])(
  'a second judgement by the own arrival, %s, is compared: a batch that was delivered twice',
  async (known, repeated) => {
    const id = known === 'not' ? 'twice' : 'twice-known';
    const t = await accepted(id);
    await record(judgement(t, { verdict: review, position: 5 }));
    await database.store.record([judgement(t, { position: 6 })], [], 1, new Set(repeated));
    expect(await told(id)).toEqual([
      [1, 'raised'],
      [2, 'withdrawn'],
    ]);
  },
);

test('shadow judgements stay apart: those with reasons and revisions, once', async () => {
  const [t, u] = [await accepted('shadow-1'), await accepted('shadow-2')];
  const shadow = [
    judgement(t, { verdict: block, ruleSetVersion: 'next' }),
    judgement(u, { ruleSetVersion: 'next' }),
    judgement(u, { ruleSetVersion: 'next', position: 2, triggeredBy: 'shadow-1' }),
  ];
  await database.store.record([judgement(t), judgement(u)], shadow, 1);
  await database.store.record([], shadow, 1);
  expect(
    await database.only(
      "SELECT transaction_id, decision, position::integer, rule_set_version FROM tap.shadow_verdicts WHERE transaction_id LIKE 'shadow-%' ORDER BY 1",
    ),
  ).toEqual(['shadow-1', 'block', 1, 'next', 'shadow-2', 'allow', 2, 'next']);
  expect(await told('shadow-1')).toEqual([]);
});

describe('concurrent batches', () => {
  const WORKERS = 4;

  /** A generator of numbers below `n`, the same in every run. */
  function seeded(seed: number) {
    let state = seed;
    return (n: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * n);
    };
  }

  test('whatever their order, end with one current judgement, told in the order of commits, without a deadlock', async () => {
    const random = seeded(7);
    const transactions = Array.from({ length: 60 }, (_, i) =>
      transaction({
        transactionId: `c-${i}`,
        customerId: `customer-${i % 5}`,
        occurredAt: T0 + MINUTE + (i % 20) * SECOND,
      }),
    );
    await database.store.accept(
      transactions.map((t) => arrival(t)),
      [],
    );
    const verdicts: Verdict[] = [{ decision: 'allow', score: 0, reasons: [] }, review, block];
    const batches = Array.from({ length: 160 }, (_, n) =>
      Array.from({ length: 25 }, () => {
        const t = transactions[random(transactions.length)] as Transaction;
        const own = random(2) === 0;
        return judgement(t, {
          verdict: verdicts[random(3)],
          position: own ? 10 + random(3) : 10 + random(40),
          triggeredBy: own ? t.transactionId : `by-${n}`,
        });
      }),
    );
    const clients = await Promise.all(Array.from({ length: WORKERS }, () => database.connect('tap_processor')));
    let next = 0;
    await Promise.all(
      clients.map(async (client) => {
        const store = new PostgresStore(client);
        for (let batch = batches[next++]; batch !== undefined; batch = batches[next++])
          expect(await store.record(batch, [], 1)).toBe(true);
        await client.end();
      }),
    );
    const current = await database.operator.query<{ id: string; decision: string; score: number; at: number }>(
      "SELECT transaction_id AS id, decision, score FROM tap.current_verdicts WHERE transaction_id LIKE 'c-%'",
    );
    const rows = await database.operator.query<{
      id: string;
      revision: number;
      kind: string;
      decision: string;
      score: number;
    }>(
      `SELECT transaction_id AS id, revision, kind, content->>'decision' AS decision, (content->>'score')::integer AS score
        FROM tap.alert_outbox WHERE transaction_id LIKE 'c-%' ORDER BY tap.alert_outbox.id`,
    );
    expect(current.rowCount).toBe(60);
    for (const { id, decision, score } of current.rows) {
      const told = rows.rows.filter((row) => row.id === id);
      expect(told.map(({ revision }) => revision)).toEqual(told.map((_, i) => i + 1));
      told.forEach(({ kind }, i) => {
        const open = i > 0 && told[i - 1]?.kind !== 'withdrawn';
        expect(kind === 'raised').toBe(!open);
      });
      const last = told.at(-1);
      if (decision === 'allow') expect([undefined, 'withdrawn']).toContain(last?.kind);
      else expect([last?.decision, last?.score]).toEqual([decision, score]);
    }
  }, 60_000);

  test('the same plain allows several times at once, in other orders, are recorded once', async () => {
    const transactions = Array.from({ length: 3_000 }, (_, i) => transaction({ transactionId: `same-${i}` }));
    await database.store.accept(
      transactions.map((t) => arrival(t)),
      [],
    );
    const judgements = transactions.map((t) => judgement(t));
    const clients = await Promise.all(Array.from({ length: WORKERS }, () => database.connect('tap_processor')));
    await Promise.all(
      clients.map((client, i) => new PostgresStore(client).record(i % 2 ? judgements : judgements.toReversed(), [], 1)),
    );
    expect(
      await database.only(
        "SELECT count(*)::integer, max(revision) FROM tap.verdicts WHERE transaction_id LIKE 'same-%'",
      ),
    ).toEqual([3_000, 1]);
    await Promise.all(clients.map((client) => client.end()));
  }, 30_000);

  test('of one customer, ids are in the order of commits: who comes second waits', async () => {
    const [t, u] = [await accepted('first', { customerId: 'same' }), await accepted('second', { customerId: 'same' })];
    const [slow, fast] = [await database.connect('tap_processor'), await database.connect('tap_processor')];
    await slow.query('BEGIN');
    await new PostgresStore(slow).record([judgement(t, { verdict: review })], [], 1);
    const waiting = new PostgresStore(fast).record([judgement(u, { verdict: review })], [], 1);
    const settled = await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 300, 'waits'))]);
    expect(settled).toBe('waits');
    await slow.query('COMMIT');
    await waiting;
    expect(
      await database.only("SELECT transaction_id FROM tap.alert_outbox WHERE customer_id = 'same' ORDER BY id"),
    ).toEqual(['first', 'second']);
    await Promise.all([slow.end(), fast.end()]);
  });
});
