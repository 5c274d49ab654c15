import type { Load } from './data-path/worker';
import type { Figures } from './main';
import { type Cpu, type Rig, startRig } from './rig';
import { median, show } from './statistics';
import { DAY, type Workload } from './workload';

const BATCH = 500;
const LONGEST = 10_000;
/** Lengths of the hot history at which batches are timed; each is the mean of the two batches before it and the two after. */
const LENGTHS = [1_000, 2_500, 5_000, LONGEST];
/** Transactions of the day that is streamed and then streamed again. */
const DAY_SHARE = 0.05;

/**
 * What a transaction costs where the work is not spread evenly: one device, or one customer with its token and address, in every
 * record until its history has 10,000 entries; and a whole day streamed at once, then streamed a second time. A batch's work is
 * its transactions and the entries of the histories that it reads, each once.
 */
export async function run(): Promise<Figures> {
  const rig = await startRig();
  try {
    // So that code is compiled before anything is timed.
    await cost(rig, 0, 10_000, { share: 0.01, name: 'warms' });
    const figures: Record<string, number> = {};
    for (const hot of ['device', 'customer'] as const) figures[hot] = await oneEntity(rig, hot);
    figures.replay = await wholeDay(rig);
    console.log('  left out: Kinesis, Lambda, the network; batches are one at a time');
    return { hotEntity: figures };
  } finally {
    await rig.stop();
  }
}

/** @returns by how much the cost grew more than the work from the first length to the last */
async function oneEntity(rig: Rig, hot: 'device' | 'customer'): Promise<number> {
  const workload: Workload = { share: LONGEST / DAY.transactions, name: hot === 'device' ? 'hot-d' : 'hot-c', hot };
  const costs: number[] = [];
  for (let from = 0; from < LONGEST + 2 * BATCH; from += BATCH) costs.push(await cost(rig, from, BATCH, workload));
  // A hot customer has the same two tokens and one address in every record; of a hot device these are spread.
  const long = hot === 'customer' ? 4 : 1;
  const rows = LENGTHS.map((length) => {
    const at = length / BATCH;
    const us = costs.slice(at - 2, at + 2).reduce((sum, part) => sum + part, 0) / 4;
    return { length, us, work: BATCH + long * length };
  });
  console.log(`  one ${hot} in every record`);
  const [first] = rows as [(typeof rows)[number]];
  const last = rows.at(-1) as typeof first;
  for (const { length, us, work } of rows) {
    console.log(
      `    history of ${show(length)}: ${show(us / BATCH)} us of CPU a transaction; cost x ${(us / first.us).toFixed(1)}, work x ${(work / first.work).toFixed(1)}, ${(us / work).toFixed(1)} us a unit of work`,
    );
  }
  const worse = last.us / first.us / (last.work / first.work);
  console.log(`    cost grew ${worse.toFixed(2)} times as much as the work`);
  return worse;
}

/** @returns what a transaction costs in the last tenth of the day, of what it costs in the first */
async function wholeDay(rig: Rig): Promise<number> {
  const workload: Workload = { share: DAY_SHARE, name: 'whole' };
  const tenth = Math.floor((DAY.transactions * DAY_SHARE) / 10 / BATCH) * BATCH;
  const tenths = async () => {
    const costs: number[] = [];
    for (let n = 0; n < 10; n++) costs.push((await cost(rig, n * tenth, tenth, workload)) / tenth);
    return costs;
  };
  const once = await tenths();
  const again = await tenths();
  const growth = (once.at(-1) as number) / (once[0] as number);
  console.log(
    `  a day of ${show(10 * tenth)} transactions at once: ${show(once[0] as number)} us of CPU a transaction in its first tenth, ${show(once.at(-1) as number)} in its last (x ${growth.toFixed(2)})`,
  );
  console.log(`    the same day again, all of it duplicates: ${show(median(again))} us a transaction`);
  return growth;
}

/** @returns CPU microseconds that these records took in node, Redis and PostgreSQL together: the clock would show who else works */
async function cost(rig: Rig, from: number, count: number, workload: Workload): Promise<number> {
  const sum = ({ redis, postgres, tls }: Cpu) => redis + postgres + tls;
  const before = sum(rig.cpu());
  const { cpuSeconds } = await rig.call<Load>('path', from, count, 1, BATCH, workload);
  return (cpuSeconds + sum(rig.cpu()) - before) * 1e6;
}
