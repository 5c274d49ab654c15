import { readFileSync } from 'node:fs';
import { decode } from '../../processor/decode';
import { ENTITY_KINDS, layouts } from '../../processor/history/record';
import { judge } from '../../processor/rules';
import { parseRuleSet } from '../../processor/rules/rule-set';
import type { Facts, Transaction, Verdict } from '../../processor/types';
import { ENTITIES } from './oracle';
import { HOUR } from './transactions';

/** The distinct transactions of some records by event time and id, and what became of the other records. */
export function decodeAll(records: readonly { data: Uint8Array; now: number }[]) {
  const transactions = new Map<string, Transaction>();
  const refused: Record<string, number> = {};
  let copies = 0;
  for (const { data, now } of records) {
    const result = decode(data, now);
    if ('reason' in result) refused[result.reason] = (refused[result.reason] ?? 0) + 1;
    else if (transactions.has(result.transaction.transactionId)) copies++;
    else transactions.set(result.transaction.transactionId, result.transaction);
  }
  const byTime = (a: Transaction, b: Transaction) =>
    a.occurredAt - b.occurredAt || (a.transactionId < b.transactionId ? -1 : 1);
  return { transactions: [...transactions.values()].sort(byTime), refused, copies };
}

/** The verdict of each transaction, in order of event time and id, on everything before it in plain lists. */
export function judgeAll(transactions: readonly Transaction[]): Map<string, Verdict> {
  const ruleSet = parseRuleSet(readFileSync('processor/rules/rule-set.json', 'utf8'));
  const lists = new Map<string, { occurredAt: number }[]>();
  const ids = new Map<object, string>();
  const verdicts = new Map<string, Verdict>();
  for (const t of transactions) {
    const histories: Record<string, object[]> = {};
    for (const kind of ENTITY_KINDS) {
      const id = ENTITIES[kind](t);
      const list = lists.get(`${kind} ${id}`) ?? [];
      histories[kind] = id === undefined ? [] : list.filter(({ occurredAt }) => occurredAt > t.occurredAt - 24 * HOUR);
      const record = layouts[kind].record(t);
      ids.set(record, t.transactionId);
      list.push(record);
      lists.set(`${kind} ${id}`, list);
    }
    const facts = { ...histories, listHits: [], idOf: (record: object) => ids.get(record) } as unknown as Facts;
    verdicts.set(t.transactionId, judge(t, facts, ruleSet));
  }
  return verdicts;
}
