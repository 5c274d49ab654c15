import type { Pool } from 'pg';
import { eraseHistories, type Identifier } from '../erasure/histories';
import { openConnection } from '../history/connect';
import { inTransactionOf } from '../in-transaction';
import { whole } from '../rules/parameters';
import { fromRow, TRANSACTION_COLUMNS, type TransactionRow } from '../store/row';
import { transactionSchema } from '../transaction';
import { note, person } from './fields';
import { defineOperation } from './operation';

/** How long a statement may take, milliseconds: the last portion looks through quarantine and audit table. */
const STATEMENT_TIMEOUT_MS = 120_000;
/** After this a call begins no further portion, milliseconds. */
const WORK_MS = 200_000;

const erasure = whole(1, Number.MAX_SAFE_INTEGER);

interface Erasure {
  /** `tap.erasures.id` */
  erasure: number;
  state: 'requested' | 'approved' | 'running' | 'replaced' | 'done' | 'withdrawn';
  requestedBy: string;
  reason: string;
  /** ISO 8601, UTC. */
  requestedAt: string;
  approvedBy: string | null;
  approvedAt: string | null;
  endedAt: string | null;
  /** How many of each were erased; of `kept`, identifiers that stay since another customer used them at the same time. */
  counts: object | null;
}

const FIELDS = `id::float8 AS erasure, state, requested_by AS "requestedBy", reason, to_json(requested_at) AS "requestedAt",
  approved_by AS "approvedBy", to_json(approved_at) AS "approvedAt", to_json(ended_at) AS "endedAt", counts`;

/** Asks for a customer to be erased. Nothing is, until another person approves it. */
export const erase = defineOperation({
  by: 'author',
  request: { customerId: transactionSchema.shape.customerId, person, reason: note },
  // The reason may name the customer all the same; where it does not, the erasure keeps it.
  personal: ['customerId', 'reason'],
  async run({ customerId, person, reason }, { database, auditId }) {
    const { rows } = await database.query<{ id: number }>('SELECT tap.request_erasure($1, $2, $3, $4)::float8 AS id', [
      customerId,
      person,
      reason,
      auditId,
    ]);
    return erasureOf(database, rows[0]?.id as number);
  },
});

/** Takes back a request whose erasure has not begun. */
export const eraseWithdraw = defineOperation({
  by: 'operator',
  request: { erasure, person },
  async run({ erasure, person }, { database }) {
    await database.query('SELECT tap.decide_erasure($1, $2, false)', [erasure, person]);
    return erasureOf(database, erasure);
  },
});

/** Approves an erasure and carries it out; who asked for it may not. */
export const eraseApprove = defineOperation({
  by: 'approver',
  request: { erasure, person },
  async run({ erasure, person }, { database }) {
    await database.query('SELECT tap.decide_erasure($1, $2, true)', [erasure, person]);
    return carryOut(database, erasure, WORK_MS);
  },
});

/** Goes on with an erasure that was approved, where it had to wait or ran out of time. */
export const eraseContinue = defineOperation({
  by: 'operator',
  request: { erasure },
  run: ({ erasure }, { database }) => carryOut(database, erasure, WORK_MS),
});

/** The erasures there are, the one asked for last first. */
export const erasures = defineOperation({
  by: 'operator',
  request: {},
  async run(_, { database }) {
    const { rows } = await database.query<Erasure>(`SELECT ${FIELDS} FROM tap.erasures ORDER BY erasures.id DESC`);
    return { erasures: rows };
  },
});

async function erasureOf(database: Pool, id: number): Promise<Erasure> {
  const { rows } = await database.query<Erasure>(`SELECT ${FIELDS} FROM tap.erasures WHERE id = $1`, [id]);
  if (rows[0] === undefined) throw new Error(`there is no erasure ${id}; "erasures" lists those there are`);
  return rows[0];
}

/**
 * Carries an erasure out: replaces what names the customer portion by portion, then has the cache forget it, then what was written
 * besides. Every step can be repeated.
 *
 * @param workMs after which no further portion begins, milliseconds
 * @throws when it has to wait, for the reason that the message gives
 */
export async function carryOut(database: Pool, id: number, workMs: number): Promise<Erasure> {
  const started = performance.now();
  const step = <Row extends object>(sql: string) =>
    inTransactionOf(database, async (client) => {
      await client.query(`SET LOCAL statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
      return (await client.query<Row>(sql, [id])).rows;
    });
  for (;;) {
    const [portion] = await step<{ more: boolean }>('SELECT tap.erase_next($1) AS more');
    if (!portion?.more) break;
    if (performance.now() - started > workMs) return erasureOf(database, id);
  }
  const identifiers = await step<Identifier>('SELECT kind, value AS id, kept FROM tap.erased_identifiers($1)');
  const transactions = await step<TransactionRow>(`SELECT ${TRANSACTION_COLUMNS} FROM tap.erased_transactions($1)`);
  await eraseHistories(await openConnection(), identifiers, transactions.map(fromRow));
  await step('SELECT tap.finish_erasure($1)');
  return erasureOf(database, id);
}
