import { setTimeout as sleep } from 'node:timers/promises';
import { Operations } from '../console/operations';
import { Random } from '../feed/generator/random';
import { generateTraffic } from '../feed/generator/traffic';
import { FeedProducer } from '../feed/producer';
import { pump } from '../feed/pump';
import type { FeedRecord } from '../feed/records';
import type { Platform } from '../platform';
import type { BatchReport } from '../runtime/reports';
import { drawFaults, type Fault, strike } from './faults';
import { type PutRecord, problemsOf } from './outcome';

/** Multiple of the generator's 1,000 transactions a minute. */
const SPEED = 30;
/** Traffic without a fault between two faults, milliseconds. */
const QUIET_MS = { least: 500, most: 3_000 };
/** Records that may be in the stream and not yet settled. */
const MAX_UNSETTLED = 3_000;
/** How long what is in the stream may take after the last fault, milliseconds. */
const DRAIN_LIMIT_MS = 120_000;

export interface DrillOptions {
  platform: Platform;
  /** Draws the traffic, the order of the faults and the time between them. */
  seed: number;
  /** How long faults are dealt out. */
  seconds: number;
  /** Receives one line per fault. */
  log: (line: string) => void;
}

/** A fault and how long it took until a batch was stored again, milliseconds; undefined when none was. */
export interface Strike {
  fault: Fault;
  recoveredMs?: number;
}

export interface DrillResult {
  seed: number;
  /** Records put into the stream. */
  put: number;
  strikes: Strike[];
  /** Attempts of the function that failed and were made again. */
  failedAttempts: number;
  /** What is wrong afterwards, in words; empty when nothing is. */
  problems: string[];
}

/** Streams generated traffic, deals out faults in the middle of it, has lost histories rebuilt, and looks at what is left. */
export async function drill({ platform, seed, seconds, log }: DrillOptions): Promise<DrillResult> {
  const { poller, database } = platform;
  const random = new Random(seed, 'drill');
  const ending = new AbortController();
  const broken = new AbortController();
  const strikes: Strike[] = [];
  const problems: string[] = [];
  let failedAttempts = 0;
  const onBatch = ({ outcome, endedAt }: BatchReport) => {
    if (outcome === 'error') failedAttempts++;
    else for (const waiting of hurt.splice(0)) waiting.strike.recoveredMs = endedAt - waiting.since;
  };
  const hurt: { strike: Strike; since: number }[] = [];
  const onError = (error: Error) => broken.abort(error);
  poller.on('batch', onBatch).on('error', onError);

  const records: PutRecord[] = [];
  // Event time runs ahead of the clock's pace; it begins so far back that it never overtakes the clock.
  const start = Date.now() - (SPEED * seconds + 3 * 3_600) * 1_000;
  const producer = new FeedProducer({ platform, maxUnsettled: MAX_UNSETTLED, signal: broken.signal });
  const streaming = pump({
    source: until(generateTraffic({ seed, start }), ending.signal, records),
    producer,
    speed: SPEED,
    signal: broken.signal,
    onOversize: () => undefined,
  }).catch((error: Error) => onError(error));

  try {
    const faults = drawFaults(random);
    for (const end = Date.now() + seconds * 1_000; Date.now() < end && !broken.signal.aborted; ) {
      await sleep(random.integer(QUIET_MS.least, QUIET_MS.most), undefined, { signal: broken.signal });
      const fault = faults.next().value;
      const dealt: Strike = { fault };
      strikes.push(dealt);
      const since = Date.now();
      await strike(fault, platform, random);
      hurt.push({ strike: dealt, since });
      log(`${fault} (${failedAttempts} attempts failed so far)`);
    }
    ending.abort();
    await streaming;
    await settled(platform, producer.put, broken.signal);
  } catch (error) {
    problems.push((error as Error).message);
  } finally {
    ending.abort();
    broken.abort();
    await streaming;
    poller.off('batch', onBatch).off('error', onError);
  }
  if (poller.failedRecords > 0) problems.push(`${poller.failedRecords} records were given up`);
  if (problems.length === 0) {
    const operations = new Operations(platform);
    try {
      await operations.rebuild();
      problems.push(...(await problemsOf(database, records)));
    } finally {
      operations.close();
    }
  }
  return { seed, put: producer.put, strikes, failedAttempts, problems };
}

/** The records of a source until the signal, each taken note of. */
function* until(source: Iterable<FeedRecord>, signal: AbortSignal, records: PutRecord[]): Generator<FeedRecord> {
  for (const record of source) {
    if (signal.aborted) return;
    records.push({ data: record.data, now: Date.now() });
    yield record;
  }
}

async function settled({ poller }: Platform, put: number, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.timeout(DRAIN_LIMIT_MS);
  const given = new Promise<never>((_, reject) => {
    limit.addEventListener('abort', () =>
      reject(
        new Error(`${put - poller.settledRecords} of ${put} records are still in the stream after the last fault`),
      ),
    );
    signal.addEventListener('abort', () => reject(signal.reason));
  });
  await Promise.race([poller.drained(put), given]);
}
