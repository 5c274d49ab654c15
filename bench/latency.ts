import { generateTraffic } from '../local/feed/generator/traffic';
import { FeedProducer } from '../local/feed/producer';
import { pump } from '../local/feed/pump';
import type { FeedRecord } from '../local/feed/records';
import { type Platform, startPlatform } from '../local/platform';
import type { BatchReport } from '../local/runtime/reports';
import type { Figures } from './main';
import { show } from './statistics';

const SECONDS = Number(process.env.BENCH_LATENCY_SECONDS ?? 60);
/** The first seconds are not counted: the function's processes start, and the code is not yet compiled. */
const WARM_UP_SECONDS = 10;
/** Multiples of the generator's 1,000 transactions a minute. */
const SPEEDS = [1, 10];

/**
 * Put to stored verdict in the local run with the stack's default settings: the time from a record's arrival in the stream to
 * the end of the invocation that stored its verdict.
 */
export async function run(): Promise<Figures> {
  const platform = await startPlatform({ log: (line) => console.log(`  ${line}`) });
  const figures: Record<string, number> = {};
  try {
    for (const speed of SPEEDS) {
      const { latencies, waits, invocations } = await stream(platform, speed);
      const [p50, p95, p99] = [0.5, 0.95, 0.99].map((q) => quantile(latencies, q)) as [number, number, number];
      console.log(
        `  ${show(1_000 * speed)} a minute: p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms over ${show(latencies.length)} records`,
      );
      console.log(
        `    until the function is called: p50 ${quantile(waits, 0.5)} ms, p99 ${quantile(waits, 0.99)} ms; in the function: p50 ${quantile(invocations, 0.5)} ms, p99 ${quantile(invocations, 0.99)} ms`,
      );
      if (speed === 1) Object.assign(figures, { p50, p95, p99 });
      else Object.assign(figures, { [`p99At${speed * 1_000}`]: p99 });
    }
    console.log(
      "  left out: the network; Kinesis's own way of being read (Lambda asks a shard once a second), Lambda's own time",
    );
    return { latencyMs: figures };
  } finally {
    await platform.stop();
  }
}

/** Streams traffic at a multiple of its pace. @returns milliseconds per record, in all, until and in the function */
async function stream(platform: Platform, speed: number) {
  const { poller } = platform;
  const latencies: number[] = [];
  const waits: number[] = [];
  const invocations: number[] = [];
  const counted = Date.now() + WARM_UP_SECONDS * 1_000;
  const onBatch = ({ latenciesMs, durationMs, endedAt, outcome, error }: BatchReport) => {
    if (outcome !== 'stored') throw new Error(`a batch failed: ${error}`);
    if (endedAt < counted) return;
    for (const latency of latenciesMs) {
      latencies.push(latency);
      waits.push(latency - durationMs);
      invocations.push(durationMs);
    }
  };
  poller.on('batch', onBatch);
  const settled = poller.settledRecords;
  const { signal } = new AbortController();
  const producer = new FeedProducer({ platform, signal });
  const start = Date.now() - 3_600_000;
  const source = first(generateTraffic({ seed: speed, start }), start + (SECONDS + WARM_UP_SECONDS) * speed * 1_000);
  await pump({ source, producer, speed, signal, onOversize: () => undefined });
  await poller.drained(settled + producer.put);
  poller.off('batch', onBatch);
  return { latencies, waits, invocations };
}

function* first(source: Iterable<FeedRecord & { time: number }>, end: number): Generator<FeedRecord> {
  for (const record of source) {
    if (record.time >= end) return;
    yield record;
  }
}

function quantile(values: readonly number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(q * values.length) - 1] as number;
}
