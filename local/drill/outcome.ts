import { isDeepStrictEqual } from 'node:util';
import type { Pool } from 'pg';
import type { Verdict } from '../../processor/types';
import { decodeAll, judgeAll } from '../../test/helpers/brute-force';

/** A record that was put into the stream, and when, milliseconds since 1970-01-01T00:00:00Z. */
export interface PutRecord {
  data: Uint8Array;
  now: number;
}

/**
 * Compares what the database holds with what was sent.
 *
 * @returns what is lost, double or otherwise wrong, in words; nothing when all is as it should be
 */
export async function problemsOf(database: Pool, records: readonly PutRecord[]): Promise<string[]> {
  const { transactions, refused } = decodeAll(records);
  const problems: string[] = [];
  const expect = (what: string, ids: readonly string[]) => {
    if (ids.length > 0) problems.push(`${ids.length} ${what}, ${ids[0]} for one`);
  };
  const ids = async (query: string) =>
    (await database.query({ text: query, rowMode: 'array' })).rows.flat() as string[];

  const sent = new Set(transactions.map(({ transactionId }) => transactionId));
  const stored = await ids('SELECT transaction_id FROM tap.transactions');
  const kept = new Set(stored);
  expect(
    'transactions were lost',
    [...sent].filter((id) => !kept.has(id)),
  );
  expect(
    'transactions were never sent',
    stored.filter((id) => !sent.has(id)),
  );
  expect(
    'transactions are stored twice',
    stored.filter((id) => !kept.delete(id)),
  );
  expect(
    'transactions were never judged',
    await ids(`SELECT transaction_id FROM tap.transactions t WHERE NOT EXISTS (SELECT FROM tap.verdicts v
      WHERE v.transaction_id = t.transaction_id AND v.occurred_at = t.occurred_at)`),
  );
  expect(
    'transactions were judged on arrival twice',
    await ids(`SELECT transaction_id FROM tap.verdicts WHERE triggered_by = transaction_id
      GROUP BY transaction_id HAVING count(*) > 1`),
  );

  const current = await database.query<Verdict & { transaction_id: string }>(
    "SELECT transaction_id, decision, score, coalesce(reasons, '[]') AS reasons FROM tap.current_verdicts",
  );
  const verdicts = new Map(current.rows.map(({ transaction_id, ...verdict }) => [transaction_id, verdict]));
  expect(
    'verdicts are not those of a brute-force computation',
    [...judgeAll(transactions)].flatMap(([id, verdict]) => (isDeepStrictEqual(verdicts.get(id), verdict) ? [] : [id])),
  );
  expect(
    'verdicts rest on less than 24 hours of history',
    await ids('SELECT transaction_id FROM tap.current_verdicts WHERE coverage_seconds < 86400'),
  );
  expect(
    'alerts are not what the verdicts are',
    await ids(`SELECT transaction_id FROM tap.current_verdicts v LEFT JOIN LATERAL (
        SELECT content->>'decision' AS told FROM tap.alert_outbox o WHERE o.transaction_id = v.transaction_id
        ORDER BY revision DESC LIMIT 1) o ON true
      WHERE coalesce(told, 'allow') <> decision`),
  );

  const { rows } = await database.query<{ reason: string; count: string }>(
    'SELECT reason, count(*) FROM tap.quarantine GROUP BY reason',
  );
  const quarantined = Object.fromEntries(rows.map(({ reason, count }) => [reason, Number(count)]));
  for (const reason of new Set([...Object.keys(refused), ...Object.keys(quarantined)])) {
    const [wanted, found] = [refused[reason] ?? 0, quarantined[reason] ?? 0];
    if (wanted !== found) problems.push(`${found} records are in quarantine as ${reason} instead of ${wanted}`);
  }
  return problems;
}
