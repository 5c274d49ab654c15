import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Cost, replay } from './replay/thread';
import { DAY } from './workload';

/** As `npm run replay` has for a large file. */
const THREADS = 2;
/** Transactions of the hot device in 24 hours, few and many. */
const FEW = 1_000;
const MANY = 10_000;

/**
 * Transactions a second that a replay takes on two threads, judging each by two rule sets: the default one, and one that judges
 * dollars as well. Each thread is timed over a day at the peak, with the histories of the day before in memory.
 */
export async function run(): Promise<{ replayPerSecond: number; replayPerSecondOfOne: number }> {
  const [alone] = await inThreads(1);
  const together = await inThreads(THREADS);
  const { transactions } = alone.day;
  const one = Math.round(transactions / alone.day.seconds);
  const slowest = Math.max(...together.map(({ day }) => day.seconds));
  const perSecond = Math.round((together.length * transactions) / slowest);
  console.log(
    `  ${show(transactions)} transactions of a day at the peak on one thread: ${show(one)}/s, ${costOf(alone.day)}`,
  );
  console.log(`  the 24 hours before it, which make histories and are not judged: ${costOf(alone.lead)}`);
  console.log(`  memory with two such threads: ${show(process.memoryUsage().rss / 2 ** 20)} MiB`);
  console.log(
    `  on ${THREADS} threads, such a day each: ${show(perSecond)}/s, ${(perSecond / one).toFixed(2)} times one thread's`,
  );
  for (const entries of [FEW, MANY]) {
    const { day } = replay({ share: entries / DAY.transactions, hot: 'device' }, entries);
    console.log(`  one device in every record, ${show(entries)} in 24 hours: ${costOf(day)}`);
  }
  console.log(
    "  left out: reading the transactions from PostgreSQL or from a file, and the 24 hours before a thread's part",
  );
  return { replayPerSecond: perSecond, replayPerSecondOfOne: one };
}

type Costs = Record<'lead' | 'day', Cost>;

async function inThreads(count: number): Promise<[Costs, ...Costs[]]> {
  const workers = Array.from(
    { length: count },
    () => new Worker(join(__dirname, 'replay/thread.ts'), { execArgv: ['--import', 'tsx'] }),
  );
  return Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0])) as never;
}

function costOf({ transactions, cpuSeconds }: Cost): string {
  return `${((cpuSeconds / transactions) * 1e6).toFixed(1)} µs of CPU a transaction`;
}

function show(value: number): string {
  return Math.round(value).toLocaleString('en');
}
