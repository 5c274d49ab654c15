import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Accepted, decode } from '../processor/decode';
import { Lists } from '../processor/policy/lists';
import { compare, Replay } from '../processor/replay/replay';
import { parseRuleSet } from '../processor/rules/rule-set';
import type { Transaction } from '../processor/types';
import { DAY, recordAt, type Workload } from './workload';

const DAY_MS = 86_400_000;
const RULES = join(__dirname, '../processor/rules');
const baseline = parseRuleSet(readFileSync(join(RULES, 'rule-set.json'), 'utf8'));
const candidate = parseRuleSet(readFileSync(join(RULES, 'examples/jpy-usd.json'), 'utf8'));

/** Transactions read at a time, and how many of them may be followed by earlier ones. */
const PORTION = 20_000;
const REACH = 2_000;
/** Transactions of the hot device in 24 hours, few and many. */
const FEW = 1_000;
const MANY = 10_000;

/**
 * Transactions a second that a replay takes, judging each by two rule sets in one thread: the default one, and one that judges
 * dollars as well. It is timed over a day at the peak, with the histories of the day before in memory.
 */
export function run(): { replayPerSecond: number } {
  const { lead, day } = replay({ share: 1 }, DAY.transactions);
  const perSecond = Math.round(day.transactions / day.seconds);
  console.log(`  ${show(day.transactions)} transactions of a day at the peak: ${show(perSecond)}/s, ${costOf(day)}`);
  console.log(`  the 24 hours before it, which make histories and are not judged: ${costOf(lead)}`);
  console.log(`  memory with both: ${show(process.memoryUsage().rss / 2 ** 20)} MiB`);
  for (const entries of [FEW, MANY]) {
    const { day } = replay({ share: entries / DAY.transactions, hot: 'device' }, entries);
    console.log(`  one device in every record, ${show(entries)} in 24 hours: ${costOf(day)}`);
  }
  console.log('  left out: reading the transactions from PostgreSQL or from a file');
  return { replayPerSecond: perSecond };
}

interface Cost {
  transactions: number;
  seconds: number;
  cpuSeconds: number;
}

/** What two days cost of which the second is judged; `lead` is the first. */
function replay(workload: Workload, perDay: number): { lead: Cost; day: Cost } {
  const costs = {
    lead: { transactions: 0, seconds: 0, cpuSeconds: 0 },
    day: { transactions: 0, seconds: 0, cpuSeconds: 0 },
  };
  const from = transactionAt(0, workload).occurredAt + DAY_MS;
  const run = new Replay({ baseline, candidate, lists: Lists.EMPTY, from, examples: 10 });
  const time = (cost: Cost, transactions: readonly Transaction[]) => {
    const started = performance.now();
    const { user, system } = process.cpuUsage();
    for (const transaction of transactions) run.take(transaction);
    const used = process.cpuUsage();
    cost.transactions += transactions.length;
    cost.seconds += (performance.now() - started) / 1e3;
    cost.cpuSeconds += (used.user + used.system - user - system) / 1e6;
  };
  for (const transactions of inOrder(2 * perDay, workload)) {
    const judged = transactions.findIndex(({ occurredAt }) => occurredAt >= from);
    const middle = judged === -1 ? transactions.length : judged;
    time(costs.lead, transactions.slice(0, middle));
    time(costs.day, transactions.slice(middle));
  }
  return costs;
}

/** The first records of a workload as a replay is given them: in order of event time, each once. */
function* inOrder(records: number, workload: Workload): Generator<Transaction[]> {
  const held: Transaction[] = [];
  const known = new Set<string>();
  for (let i = 0; i < records; i++) {
    const transaction = transactionAt(i, workload);
    if (known.has(transaction.transactionId)) continue;
    known.add(transaction.transactionId);
    held.push(transaction);
    if (held.length < PORTION + REACH) continue;
    yield held.sort(compare).splice(0, PORTION);
    known.clear();
    for (const { transactionId } of held) known.add(transactionId);
  }
  yield held.sort(compare);
}

function transactionAt(index: number, workload: Workload): Transaction {
  return (decode(Buffer.from(recordAt(index, workload)), Date.now()) as Accepted).transaction;
}

function costOf({ transactions, cpuSeconds }: Cost): string {
  return `${((cpuSeconds / transactions) * 1e6).toFixed(1)} µs of CPU a transaction`;
}

function show(value: number): string {
  return Math.round(value).toLocaleString('en');
}
