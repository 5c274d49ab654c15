import type { Pool } from 'pg';
import { fingerprint } from '../fingerprint';
import type { Generation } from '../history/history';
import { WHOLE_COVERAGE_SECONDS } from '../history/history';
import { inContractForm } from '../transaction';
import type { Transaction, TransactionRef } from '../types';
import {
  boolArray,
  byteaArray,
  dateArray,
  float8Array,
  int2Array,
  int4Array,
  int8Array,
  textArray,
  timestamptzArray,
} from './arrays';
import { fromRow, TRANSACTION_COLUMNS, type TransactionRow, timestamp } from './row';
import type { Acceptance, Arrival, Judgement, Quarantined, TransactionStore } from './store';

const DAY_MS = 86_400_000;

/** Permanent storage in PostgreSQL, schema `tap` (`processor/migrations`). */
export class PostgresStore implements TransactionStore {
  /** @param database signed in as a role that may execute the functions */
  constructor(protected readonly database: Pick<Pool, 'query'>) {}

  /** Conflicts, which are rare, take a second call: their records are sent once they are known. */
  async accept(arrivals: readonly Arrival[], quarantined: readonly Quarantined[]): Promise<Acceptance> {
    const transactions = arrivals.map(({ transaction }) => transaction);
    const each = <T>(value: (transaction: Transaction) => T) => transactions.map(value);
    const { rows } = await this.database.query<AcceptRow>({
      name: 'accept',
      text: `SELECT * FROM tap.accept($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
        $21, $22, $23, $24, $25, $26)`,
      values: [
        dateArray([...new Set(each(({ occurredAt }) => Math.floor(occurredAt / DAY_MS)))]),
        textArray(each(({ transactionId }) => transactionId)),
        timestamptzArray(each(({ occurredAt }) => occurredAt)),
        byteaArray(arrivals.map(({ contentHash }) => contentHash)),
        int8Array(each(({ amount }) => amount)),
        textArray(each(({ currency }) => currency)),
        textArray(each(({ customerId }) => customerId)),
        textArray(each(({ merchantId }) => merchantId)),
        textArray(each(({ paymentToken }) => paymentToken)),
        textArray(each(({ outcome }) => outcome)),
        textArray(each(({ declineReason }) => declineReason)),
        textArray(each(({ orderId }) => orderId)),
        textArray(each(({ merchantCategory }) => merchantCategory)),
        textArray(each(({ channel }) => channel)),
        textArray(each(({ ipAddress }) => ipAddress)),
        textArray(each(({ deviceId }) => deviceId)),
        textArray(each(({ emailHash }) => emailHash)),
        textArray(each(({ shippingAddressHash }) => shippingAddressHash)),
        textArray(each(({ cardIssuerCountry }) => cardIssuerCountry)),
        textArray(each(({ billingCountry }) => billingCountry)),
        textArray(each(({ shippingCountry }) => shippingCountry)),
        float8Array(each(({ location }) => location?.latitude)),
        float8Array(each(({ location }) => location?.longitude)),
        timestamptzArray(each(({ accountCreatedAt }) => accountCreatedAt)),
        textArray(each(({ threeDSecure }) => threeDSecure && JSON.stringify(threeDSecure))),
        JSON.stringify(quarantined),
      ],
    });
    const [{ stored, repeated, conflicts, judged }] = rows as [AcceptRow];
    const at = (place: number) => arrivals[place - 1] as Arrival;
    const conflicting = conflicts.map(at);
    if (conflicting.length > 0) await this.accept([], conflicting.map(conflict));
    return {
      stored,
      repeated: new Set(repeated.map((place) => at(place).transaction.transactionId)),
      conflicts: new Set(conflicting.map(({ eventId }) => eventId)),
      judged: new Set(judged),
    };
  }

  async load(refs: readonly TransactionRef[]): Promise<Transaction[]> {
    if (refs.length === 0) return [];
    const prints = new Map<number, Set<number>>();
    for (const { occurredAt, print } of refs) {
      const at = prints.get(occurredAt);
      if (at === undefined) prints.set(occurredAt, new Set([print]));
      else at.add(print);
    }
    const times = [...prints.keys()];
    const { rows } = await this.database.query<TransactionRow>({
      name: 'load',
      // The span tells which days' partitions to look at.
      text: `SELECT ${TRANSACTION_COLUMNS} FROM tap.transactions WHERE occurred_at = ANY ($1) AND occurred_at BETWEEN $2 AND $3`,
      values: [timestamptzArray(times), timestamp(Math.min(...times)), timestamp(Math.max(...times))],
    });
    return rows
      .map(fromRow)
      .filter(({ occurredAt, transactionId }) => prints.get(occurredAt)?.has(fingerprint(transactionId)));
  }

  async record(
    judgements: readonly Judgement[],
    shadow: readonly Judgement[],
    generation: number,
    repeated: ReadonlySet<string> = new Set(),
  ): Promise<boolean> {
    const isNotable = (judgement: Judgement) =>
      isRevision(judgement) ||
      judgement.verdict.decision !== 'allow' ||
      repeated.has(judgement.transaction.transactionId);
    const plain = judgements.filter((judgement) => !isNotable(judgement));
    const each = <T>(value: (judgement: Judgement) => T) => plain.map(value);
    const { rows } = await this.database.query<{ recorded: boolean }>({
      name: 'record',
      text: 'SELECT tap.record($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) AS recorded',
      values: [
        generation,
        textArray(each(({ transaction }) => transaction.transactionId)),
        timestamptzArray(each(({ transaction }) => transaction.occurredAt)),
        int8Array(each(({ position }) => position)),
        int2Array(each(({ verdict: { score } }) => (score === 0 ? undefined : score))),
        textArray(each(({ verdict: { reasons } }) => (reasons.length === 0 ? undefined : JSON.stringify(reasons)))),
        boolArray(each(({ late }) => late || undefined)),
        int4Array(
          each(({ coverageSeconds }) => (coverageSeconds === WHOLE_COVERAGE_SECONDS ? undefined : coverageSeconds)),
        ),
        textArray(each(({ ruleSetVersion }) => ruleSetVersion)),
        int8Array(each(({ listsVersion }) => listsVersion)),
        JSON.stringify(judgements.filter(isNotable).map(rowOf)),
        JSON.stringify(
          shadow.filter((judgement) => isRevision(judgement) || judgement.verdict.reasons.length > 0).map(rowOf),
        ),
      ],
    });
    return (rows[0] as (typeof rows)[number]).recorded;
  }

  async currentGeneration(): Promise<Generation> {
    const { rows } = await this.database.query<GenerationRow>(
      `SELECT ${GENERATION_COLUMNS} FROM tap.generations ORDER BY number DESC LIMIT 1`,
    );
    if (rows[0] === undefined) throw new Error('no generation of the histories has begun; the first batch begins it');
    return generationOf(rows[0]);
  }

  async beginGeneration(known: number): Promise<{ generation: Generation; begun: boolean }> {
    return this.begin('begin_generation($1)', [known]);
  }

  /** Calls a function that begins a generation unless another has begun. */
  protected async begin(call: string, values: unknown[]): Promise<{ generation: Generation; begun: boolean }> {
    const { rows } = await this.database.query<GenerationRow & { begun: boolean }>(
      `SELECT ${GENERATION_COLUMNS}, begun FROM tap.${call}`,
      values,
    );
    const [row] = rows as [(typeof rows)[number]];
    return { generation: generationOf(row), begun: row.begun };
  }
}

/** Places count from 1. */
interface AcceptRow {
  stored: number;
  repeated: number[];
  conflicts: number[];
  judged: string[];
}

interface GenerationRow {
  number: number;
  completeAfter: number;
}

const GENERATION_COLUMNS = `number::integer, (extract(epoch FROM complete_after) * 1000)::float8 AS "completeAfter"`;

function generationOf({ number, completeAfter }: GenerationRow): Generation {
  return { number, completeAfter };
}

function isRevision({ transaction, triggeredBy }: Judgement): boolean {
  return triggeredBy !== transaction.transactionId;
}

/** A judgement under the names of the columns. */
function rowOf({ transaction, verdict, ...judgement }: Judgement): object {
  return {
    transaction_id: transaction.transactionId,
    occurred_at: timestamp(transaction.occurredAt),
    customer_id: transaction.customerId,
    position: judgement.position,
    triggered_by: judgement.triggeredBy,
    decision: verdict.decision,
    score: verdict.score,
    reasons: verdict.reasons.length > 0 ? verdict.reasons : undefined,
    late: judgement.late,
    rule_set_version: judgement.ruleSetVersion,
    coverage_seconds: judgement.coverageSeconds,
    lists_version: judgement.listsVersion,
  };
}

function conflict({ eventId, transaction }: Arrival): Quarantined {
  return {
    eventId,
    transactionId: transaction.transactionId,
    reason: 'conflict:transactionId',
    detail: 'transactionId: was used before with other content; every transaction needs an id of its own',
    record: JSON.stringify(inContractForm(transaction)),
  };
}
