import type { Pool } from 'pg';
import type { Decision, Reason } from '../../processor/types';
import { inReadingOrder, inWords, money, type Subject } from './words';

/** Verdicts looked at in one go: of a larger burst only the latest are given. */
const MAX_ROWS = 1_000;
/** How far back of the latest verdict seen another may still appear, milliseconds: a verdict's time is when its commit began. */
const OVERLAP_MS = 2_000;

/** A verdict that is not plain allow, or that withdraws an alert, as people see it. */
export interface Alert {
  transactionId: string;
  /** ISO 8601, UTC. */
  occurredAt: string;
  judgedAt: string;
  decision: Decision;
  score: number;
  /** With its currency's sign. */
  amount: string;
  customerId: string;
  outcome: string;
  /** True when a transaction that arrived later led to this judgement. */
  revised: boolean;
  /** True when the judgement before was an alert and this one is none. */
  withdrawn: boolean;
  /** How much of the 24 hours before the histories covered, seconds, 0 to 86,400. */
  coverageSeconds: number;
  reasons: { rule: string; weight: number; text: string; evidence: Record<string, string | number> }[];
}

/** Of the current verdicts and the quarantine, how many there are. */
export interface Counts {
  stored: number;
  quarantined: number;
  review: number;
  block: number;
  /** Verdicts that allow in spite of reasons. */
  allowedWithReasons: number;
}

interface AlertRow extends Subject {
  transactionId: string;
  occurredAt: Date;
  judgedAt: Date;
  position: string;
  triggeredBy: string;
  decision: Decision;
  score: number;
  reasons: Reason[] | null;
  withdrawn: boolean;
  coverageSeconds: number;
  amount: string;
  outcome: string;
}

/** Gives each new verdict that is not plain allow, or withdraws an alert, once, the latest first. */
export class AlertFeed {
  readonly #database: Pick<Pool, 'query'>;
  #since = new Date(0);
  /** Verdicts given within the overlap, by identity. */
  #given = new Map<string, number>();

  constructor(database: Pick<Pool, 'query'>) {
    this.#database = database;
  }

  async next(): Promise<Alert[]> {
    const { rows } = await this.#database.query<AlertRow>(
      `WITH withdrawn AS (SELECT * FROM tap.alert_outbox WHERE kind = 'withdrawn' AND created_at > $1),
        shown AS (
          SELECT * FROM tap.verdicts WHERE reasons IS NOT NULL AND judged_at > $1
          UNION ALL
          SELECT v.* FROM withdrawn o JOIN tap.verdicts v USING (transaction_id, occurred_at)
          WHERE v.reasons IS NULL AND v.judged_at = o.created_at)
        SELECT v.transaction_id AS "transactionId", v.occurred_at AS "occurredAt", v.judged_at AS "judgedAt", v.position,
          v.triggered_by AS "triggeredBy", v.decision, v.score, v.reasons, v.coverage_seconds AS "coverageSeconds", o.id IS NOT NULL AS withdrawn, t.amount, t.currency, t.outcome,
          t.customer_id AS "customerId", t.payment_token AS "paymentToken", t.device_id AS "deviceId", t.ip_address AS "ipAddress"
        FROM shown v JOIN tap.transactions t USING (transaction_id, occurred_at)
        LEFT JOIN withdrawn o ON o.transaction_id = v.transaction_id AND o.created_at = v.judged_at
        ORDER BY v.judged_at DESC, v.occurred_at DESC, v.transaction_id LIMIT $2`,
      [this.#since, MAX_ROWS],
    );
    const latest = rows[0]?.judgedAt.getTime();
    if (latest !== undefined) this.#since = new Date(Math.max(this.#since.getTime(), latest - OVERLAP_MS));
    const fresh = rows.filter((row) => !this.#given.has(keyOf(row)));
    for (const row of fresh) this.#given.set(keyOf(row), row.judgedAt.getTime());
    for (const [key, judgedAt] of this.#given) if (judgedAt <= this.#since.getTime()) this.#given.delete(key);
    return fresh.map(alertOf);
  }
}

/** Counts what is in the database now. */
export async function countVerdicts(database: Pick<Pool, 'query'>): Promise<Counts> {
  // Verdicts with reasons are few and indexed, so those that another has replaced are taken out one by one.
  const { rows } = await database.query<Record<keyof Counts, string>>(
    `SELECT (SELECT count(*) FROM tap.transactions) AS stored, (SELECT count(*) FROM tap.quarantine) AS quarantined,
        count(*) FILTER (WHERE decision = 'review') AS review, count(*) FILTER (WHERE decision = 'block') AS block,
        count(*) FILTER (WHERE decision = 'allow') AS "allowedWithReasons"
      FROM tap.verdicts v WHERE reasons IS NOT NULL AND NOT EXISTS (
        SELECT FROM tap.verdicts w WHERE w.transaction_id = v.transaction_id AND w.occurred_at = v.occurred_at
          AND (w.position > v.position OR (w.position = v.position AND w.triggered_by < v.triggered_by)))`,
  );
  const [row] = rows as [Record<keyof Counts, string>];
  return {
    stored: Number(row.stored),
    quarantined: Number(row.quarantined),
    review: Number(row.review),
    block: Number(row.block),
    allowedWithReasons: Number(row.allowedWithReasons),
  };
}

function keyOf({ transactionId, position, triggeredBy }: AlertRow): string {
  return `${transactionId} ${position} ${triggeredBy}`;
}

function alertOf(row: AlertRow): Alert {
  return {
    transactionId: row.transactionId,
    occurredAt: row.occurredAt.toISOString(),
    judgedAt: row.judgedAt.toISOString(),
    decision: row.decision,
    score: row.score,
    amount: money(Number(row.amount), row.currency),
    customerId: row.customerId,
    outcome: row.outcome,
    revised: row.triggeredBy !== row.transactionId,
    withdrawn: row.withdrawn,
    coverageSeconds: row.coverageSeconds,
    reasons: (row.reasons ?? []).map((reason) => {
      const { rule, weight, ...evidence } = inReadingOrder(reason);
      return { rule, weight, text: inWords(reason, row), evidence };
    }),
  };
}
