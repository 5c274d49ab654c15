import type { ClientBase } from 'pg';
import * as z from 'zod';
import { inTransactionOf } from '../in-transaction';
import { unwatch, type WatchChange, watch } from '../policy/watch';
import { storedRuleSet } from '../rules/rule-set';
import { transactionSchema } from '../transaction';
import { note, person } from './fields';
import { fraudByMerchant, reportLargestShare } from './merchants-at-risk';
import { defineOperation } from './operation';

const DISPOSITIONS = ['confirmed-fraud', 'false-positive', 'unclear'] as const;

const { transactionId } = transactionSchema.shape;

interface Disposition {
  /** `tap.dispositions.id` */
  id: number;
  disposition: (typeof DISPOSITIONS)[number];
  analyst: string;
  note: string;
  /** ISO 8601, UTC. */
  recordedAt: string;
}

const FIELDS = 'id::float8 AS id, disposition, analyst, note, to_json(recorded_at) AS "recordedAt"';

const finding = {
  transactionId,
  disposition: z.enum(DISPOSITIONS, `must be one of ${DISPOSITIONS.join(', ')}`),
  analyst: person,
  note,
};

/** What analysts found out about a transaction, the last first, which is the one that counts. */
export const dispositions = defineOperation({
  by: 'operator',
  request: { transactionId },
  async run({ transactionId }, { database }) {
    const { rows } = await database.query<Disposition>(
      `SELECT ${FIELDS} FROM tap.dispositions WHERE transaction_id = $1 ORDER BY tap.dispositions.id DESC`,
      [transactionId],
    );
    return { transactionId, dispositions: rows };
  },
});

/**
 * Records what an analyst found out, and what follows from it for the watch list and the merchants at risk. The same again at once
 * is without effect.
 *
 * @throws when there is no such transaction
 */
export const dispositionAdd = defineOperation({
  by: 'operator',
  request: finding,
  personal: ['note'],
  async run(request, { database }) {
    const recorded = await inTransactionOf(database, (client) => record(client, request));
    reportLargestShare(await fraudByMerchant(database, new Date()));
    return recorded;
  },
});

async function record(
  client: ClientBase,
  { transactionId, disposition, analyst, note }: z.output<z.ZodObject<typeof finding>>,
): Promise<Disposition & { watchList: WatchChange[] }> {
  // One at a time, or two could each take their fraud for the only one.
  await client.query(`SELECT pg_advisory_xact_lock(hashtext('tap.dispositions'))`);
  const { rows: before } = await client.query<Disposition>(
    `SELECT ${FIELDS} FROM tap.current_dispositions WHERE transaction_id = $1`,
    [transactionId],
  );
  const [last] = before;
  if (last?.disposition === disposition && last.analyst === analyst && last.note === note)
    return { ...last, watchList: [] };
  const { rows } = await client.query<Disposition>(
    `INSERT INTO tap.dispositions (transaction_id, disposition, analyst, note) VALUES ($1, $2, $3, $4)
      RETURNING ${FIELDS}`,
    [transactionId, disposition, analyst, note],
  );
  const [recorded] = rows as [Disposition];
  const active = await client.query(`SELECT content FROM tap.rule_sets WHERE state = 'active'`);
  const settings = storedRuleSet(active.rows[0]?.content).watch;
  const confirmed = disposition === 'confirmed-fraud';
  return { ...recorded, watchList: await (confirmed ? watch : unwatch)(client, recorded.id, settings) };
}
