import type { InvokeResult } from './function';
import type { Mapping, StreamRecord } from './mapping';

/** Longest wait between two attempts, milliseconds. */
const LONGEST_PAUSE_MS = 10_000;
const FIRST_PAUSE_MS = 100;

export type Condition = 'RetryAttemptsExhausted' | 'MaximumRecordAgeExceeded';

/** One attempt of the function, after it ended. */
export interface Attempt {
  records: readonly StreamRecord[];
  /** How many of `records`, from the first on, are settled by it. */
  stored: number;
  /** From 1. */
  number: number;
  durationMs: number;
  endedAt: number;
  outcome: 'stored' | 'partial' | 'error';
  error?: string;
}

/** What `processBatch` needs of the world. */
export interface BatchDependencies {
  invoke(records: readonly StreamRecord[]): Promise<InvokeResult>;
  /** Gives records up, after `attempts` attempts. */
  discard(records: readonly StreamRecord[], condition: Condition, attempts: number): Promise<void>;
  report(attempt: Attempt): void;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Rejects when the poller stops meanwhile. */
  sleep(ms: number): Promise<void>;
}

/** Records that are tried together. */
interface Part {
  records: readonly StreamRecord[];
  /** Attempts so far. */
  attempts: number;
  /** Attempts that count towards the maximum of retries: splitting a batch does not. */
  retries: number;
}

/**
 * Brings a batch to its end as an event source mapping does: every record is stored or given up, in order.
 *
 * - An error: the batch is split in two and each half tried (`BisectBatchOnFunctionError`), or tried again as it is.
 * - `batchItemFailures`: what precedes the lowest sequence number named is stored, the rest is tried again from there. A response that
 *   names an unknown record counts as an error. Retries are counted anew when the first failed record is another one.
 * - Records older than the maximum age are given up before an attempt; so is a part whose retries are used up.
 */
export async function processBatch(
  batch: readonly StreamRecord[],
  mapping: Mapping,
  dependencies: BatchDependencies,
): Promise<void> {
  const parts: Part[] = [{ records: batch, attempts: 0, retries: 0 }];
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    const fresh = await discardOld(part, mapping, dependencies);
    if (fresh.length === 0) continue;
    const tried = await attempt({ ...part, records: fresh }, mapping, dependencies);
    const rest = fresh.slice(tried.stored);
    if (rest.length === 0) continue;
    const attempts = part.attempts + 1;
    if (tried.outcome === 'error' && mapping.bisectBatchOnFunctionError && rest.length > 1) {
      const middle = Math.ceil(rest.length / 2);
      const halves = [rest.slice(0, middle), rest.slice(middle)];
      parts.unshift(...halves.map((records) => ({ records, attempts, retries: part?.retries ?? 0 })));
      continue;
    }
    const retries = tried.stored > 0 ? 0 : part.retries + 1;
    if (mapping.maximumRetryAttempts >= 0 && retries > mapping.maximumRetryAttempts) {
      await dependencies.discard(rest, 'RetryAttemptsExhausted', attempts);
      continue;
    }
    await dependencies.sleep(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.max(0, retries - 1)));
    parts.unshift({ records: rest, attempts, retries });
  }
}

async function discardOld(
  part: Part,
  mapping: Mapping,
  { now, discard }: BatchDependencies,
): Promise<readonly StreamRecord[]> {
  if (mapping.maximumRecordAgeInSeconds < 0) return part.records;
  const oldest = now() - mapping.maximumRecordAgeInSeconds * 1000;
  const old = part.records.filter((record) => record.arrival < oldest);
  if (old.length === 0) return part.records;
  await discard(old, 'MaximumRecordAgeExceeded', part.attempts);
  return part.records.filter((record) => record.arrival >= oldest);
}

async function attempt(part: Part, mapping: Mapping, { invoke, report, now }: BatchDependencies): Promise<Attempt> {
  const { records } = part;
  const startedAt = now();
  const answer = await invoke(records);
  const endedAt = now();
  const done: Attempt = {
    records,
    number: part.attempts + 1,
    durationMs: endedAt - startedAt,
    endedAt,
    ...judge(records, answer, mapping),
  };
  report(done);
  return done;
}

function judge(
  records: readonly StreamRecord[],
  answer: InvokeResult,
  mapping: Mapping,
): Pick<Attempt, 'stored' | 'outcome' | 'error'> {
  if (answer.error) {
    return { stored: 0, outcome: 'error', error: `${answer.error.errorType}: ${answer.error.errorMessage}` };
  }
  const failures = mapping.reportBatchItemFailures ? batchItemFailures(answer.result) : [];
  if (failures.length === 0) return { stored: records.length, outcome: 'stored' };
  const named = failures.map((sequenceNumber) =>
    records.findIndex((record) => record.sequenceNumber === sequenceNumber),
  );
  const stored = Math.min(...named);
  if (stored < 0)
    return { stored: 0, outcome: 'error', error: 'batchItemFailures names a record that is not of the batch' };
  return { stored, outcome: 'partial' };
}

/** The sequence numbers that a response names; an entry without one is an unknown record. */
function batchItemFailures(result: unknown): unknown[] {
  const failures = (result as { batchItemFailures?: unknown } | null)?.batchItemFailures;
  if (!Array.isArray(failures)) return [];
  return failures.map((failure: { itemIdentifier?: unknown } | null) => failure?.itemIdentifier);
}
