import type { Pool } from 'pg';
import type { Label } from '../feed/records';

/** Labels kept to say of an alert what was injected. */
const MAX_LABELS = 5_000;
/** Completed patterns that are looked for; older ones stay undetected. */
const MAX_OPEN = 500;

/** Of one pattern, how often it was completed and how often its rule saw it. */
export interface PatternCount {
  pattern: string;
  injected: number;
  detected: number;
}

/** Compares what the generator injected with what the rules see, without growing with the length of the run. */
export class PatternTally {
  readonly #counts = new Map<string, PatternCount>();
  readonly #labels = new Map<string, string>();
  readonly #open = new Map<string, PatternCount>();

  /** Notes that a labelled transaction went into the stream. */
  add({ transactionId, pattern, completes }: Label): void {
    this.#labels.set(transactionId, pattern);
    dropOldest(this.#labels, MAX_LABELS);
    if (!completes) return;
    const count = this.#counts.get(pattern) ?? { pattern, injected: 0, detected: 0 };
    count.injected++;
    this.#counts.set(pattern, count);
    this.#open.set(transactionId, count);
    dropOldest(this.#open, MAX_OPEN);
  }

  /** The pattern a recent transaction belongs to. */
  patternOf(transactionId: string): string | undefined {
    return this.#labels.get(transactionId);
  }

  /** Looks for the verdicts of completed patterns that were not detected yet. */
  async update(database: Pick<Pool, 'query'>): Promise<void> {
    if (this.#open.size === 0) return;
    const { rows } = await database.query<{ id: string; rules: string[] }>(
      `SELECT i.transaction_id AS id, v.rules FROM tap.transaction_ids i, LATERAL (
          SELECT array(SELECT r->>'rule' FROM jsonb_array_elements(reasons) r) AS rules FROM tap.current_verdicts c
          WHERE c.occurred_at = i.occurred_at AND c.transaction_id = i.transaction_id AND reasons IS NOT NULL LIMIT 1
        ) v WHERE i.transaction_id = ANY ($1)`,
      [[...this.#open.keys()]],
    );
    for (const { id, rules } of rows) {
      const count = this.#open.get(id);
      if (count === undefined || !rules.includes(count.pattern)) continue;
      count.detected++;
      this.#open.delete(id);
    }
  }

  /** The counts by name of pattern; empty when nothing was injected. */
  counts(): PatternCount[] {
    return [...this.#counts.values()].sort((a, b) => (a.pattern < b.pattern ? -1 : 1));
  }
}

function dropOldest(map: Map<string, unknown>, limit: number): void {
  const [oldest] = map.keys();
  if (map.size > limit && oldest !== undefined) map.delete(oldest);
}
