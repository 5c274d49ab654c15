import type { Lookup } from '../../../../processor/operations/lookup';
import type { Status } from '../../../../processor/operations/status';
import type { Judgement } from '../../../../processor/store/store';
import type { Verdict } from '../../../../processor/types';
import {
  arrival,
  invoke,
  judgement,
  type MigratedDatabase,
  RULE_SET,
  startMigratedDatabase,
} from '../../../helpers/migrated-database';
import { HOUR, transaction } from '../../../helpers/transactions';

let database: MigratedDatabase;

const reason = { rule: 'token-velocity', weight: 40, observed: 6 };
const review: Verdict = { decision: 'review', score: 40, reasons: [reason] };
const block: Verdict = {
  decision: 'block',
  score: 80,
  reasons: [
    { ...reason, observed: 7 },
    { rule: 'duplicate-order', weight: 40, duplicateOf: 'z' },
  ],
};

const record = (...judgements: Judgement[]) => database.store.record(judgements, [], 1);
const lookup = (transactionId: string): Promise<Lookup> => invoke({ action: 'lookup', transactionId });
const status = (): Promise<Status> => invoke({ action: 'status' });

beforeAll(async () => {
  database = await startMigratedDatabase();
}, 30_000);

afterAll(() => database.stop());

describe('lookup', () => {
  test('shows each judgement with what it changed, and why and when it was made', async () => {
    const t = transaction({ transactionId: 'revised' });
    await database.store.accept([arrival(t)], []);
    await record(judgement(t, { verdict: review, position: 2 ** 40 + 1, coverageSeconds: 19_800 }));
    await record(judgement(t, { verdict: block, position: 2 ** 40 + 2, triggeredBy: 'y', late: true }));
    await record(judgement(t, { position: 2 ** 41 + 3, triggeredBy: 'rebuild/2', listsVersion: 7 }));
    const found = await lookup('revised');
    const always = {
      late: false,
      coverage: 'history 24 of 24 h',
      ruleSetVersion: RULE_SET.version,
      listsVersion: 0,
      judgedAt: expect.any(String),
    };
    expect(found).toEqual({
      transactionId: 'revised',
      transaction: t,
      verdicts: [
        {
          ...always,
          decision: 'allow',
          score: 0,
          reasons: [],
          changes: [
            { path: 'decision', before: 'block', after: 'allow' },
            { path: 'score', before: 80, after: 0 },
            { path: 'reasons.token-velocity', before: { ...reason, observed: 7 }, after: null },
            { path: 'reasons.duplicate-order', before: block.reasons[1], after: null },
          ],
          position: 2 ** 41 + 3,
          triggeredBy: 'rebuild/2',
          listsVersion: 7,
        },
        {
          ...always,
          ...block,
          changes: [
            { path: 'decision', before: 'review', after: 'block' },
            { path: 'score', before: 40, after: 80 },
            { path: 'reasons.token-velocity.observed', before: 6, after: 7 },
            { path: 'reasons.duplicate-order', before: null, after: block.reasons[1] },
          ],
          position: 2 ** 40 + 2,
          triggeredBy: 'y',
          late: true,
        },
        {
          ...always,
          ...review,
          position: 2 ** 40 + 1,
          triggeredBy: 'revised',
          coverage: 'history 5.5 of 24 h',
        },
      ],
      alerts: [
        { revision: 1, kind: 'raised', triggeredBy: 'revised', createdAt: expect.any(String), publishedAt: null },
        { revision: 2, kind: 'revised', triggeredBy: 'y', createdAt: expect.any(String), publishedAt: null },
        { revision: 3, kind: 'withdrawn', triggeredBy: 'rebuild/2', createdAt: expect.any(String), publishedAt: null },
      ],
      quarantine: [],
    });
    expect(Date.now() - Date.parse(found.verdicts[0]?.judgedAt as string)).toBeLessThan(600_000);
  });

  test('shows what was refused under an id, and nothing of an id that nobody used', async () => {
    const t = transaction({ transactionId: 'taken' });
    await database.store.accept([arrival(t), arrival(t, { amount: 1 })], []);
    await database.store.accept([arrival(t, { amount: 2 })], []);
    expect((await lookup('taken')).quarantine.map(({ reason }) => reason)).toEqual([
      'conflict:transactionId',
      'conflict:transactionId',
    ]);
    expect(await lookup('nobody')).toEqual({ transactionId: 'nobody', verdicts: [], alerts: [], quarantine: [] });
  });
});

describe('status', () => {
  test('gives the figures of the database', async () => {
    await database.store.accept(
      [arrival(transaction({ transactionId: 'last', occurredAt: Date.UTC(2026, 5, 30) }))],
      [],
    );
    await database.store.accept([], [{ eventId: 'bad', reason: 'not-json', detail: 'd', record: '{' }]);
    expect(await status()).toEqual({
      auditChain: { sequence: expect.any(Number), hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
      schemaVersion: expect.any(Number),
      ruleSetVersion: RULE_SET.version,
      estimatedTransactions: expect.any(Number),
      days: { oldest: '2026-04-01', newest: '2026-06-30' },
      histories: null,
      outbox: { unpublished: 3, oldestSeconds: expect.any(Number) },
      last24Hours: {
        review: 1,
        block: 1,
        quarantined: { total: 3, byReason: { 'conflict:transactionId': 2, 'not-json': 1 } },
      },
    });
  });

  test('says what the histories cover: all until they are lost, from then on what has happened since', async () => {
    await database.store.beginGeneration(0);
    expect((await status()).histories).toEqual({
      generation: 1,
      cause: 'first',
      beganAt: expect.any(String),
      completeAfter: null,
      coverage: 'history 24 of 24 h',
    });
    const recent = Date.now() - 5.55 * HOUR;
    await database.store.accept([arrival(transaction({ transactionId: 'recent', occurredAt: recent }))], []);
    await database.store.beginGeneration(1);
    const { histories } = await status();
    expect(histories).toMatchObject({ generation: 2, cause: 'lost', coverage: 'history 5.5 of 24 h' });
    expect(Date.parse(histories?.completeAfter as string)).toBe(Math.floor(recent));
  });

  test('counts the alerts that consumers are still to be told, and how long the oldest has waited', async () => {
    const publisher = await database.connect('tap_publisher');
    await publisher.query("UPDATE tap.alert_outbox SET published_at = now() WHERE kind <> 'withdrawn'");
    await publisher.end();
    const { outbox } = await status();
    expect(outbox.unpublished).toBe(1);
    expect(outbox.oldestSeconds).toBeLessThan(600);
    expect((await lookup('revised')).alerts.map(({ publishedAt }) => publishedAt === null)).toEqual([
      false,
      false,
      true,
    ]);
  });
});
