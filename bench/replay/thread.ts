// What a replay costs a thread. As a worker it answers with what a day at the peak costs, and what it holds by then.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { type Accepted, decode } from '../../processor/decode';
import { Lists } from '../../processor/policy/lists';
import { compare, Replay } from '../../processor/replay/replay';
import { parseRuleSet } from '../../processor/rules/rule-set';
import type { Transaction } from '../../processor/types';
import { DAY, recordAt, type Workload } from '../workload';

const DAY_MS = 86_400_000;
const RULES = join(__dirname, '../../processor/rules');
const baseline = parseRuleSet(readFileSync(join(RULES, 'rule-set.json'), 'utf8'));
const candidate = parseRuleSet(readFileSync(join(RULES, 'examples/jpy-usd.json'), 'utf8'));

/** Transactions read at a time, and how many of them may be followed by earlier ones. */
const PORTION = 20_000;
const REACH = 2_000;
/** Share of the peak's day. */
const SHARE = Number(process.env.BENCH_DAY_SHARE ?? 1);

export interface Cost {
  transactions: number;
  seconds: number;
  cpuSeconds: number;
}

/** What two days cost of which the second is judged; `lead` is the first. */
export function replay(workload: Workload, perDay: number): { lead: Cost; day: Cost } {
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

parentPort?.postMessage(replay({ share: SHARE }, DAY.transactions * SHARE));
