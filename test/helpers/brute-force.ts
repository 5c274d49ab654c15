import { readFileSync } from 'node:fs';
import { decode } from '../../processor/decode';
import { fingerprint } from '../../processor/fingerprint';
import { judge } from '../../processor/rules';
import { parseRuleSet } from '../../processor/rules/rule-set';
import type { Histories, Transaction, TransactionRef, Verdict } from '../../processor/types';
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
  const ids = new Map(transactions.map((t) => [`${t.occurredAt} ${fingerprint(t.transactionId)}`, t.transactionId]));
  const idOf = ({ occurredAt, print }: TransactionRef) => ids.get(`${occurredAt} ${print}`) as string;
  const verdicts = new Map<string, Verdict>();
  for (const t of transactions) {
    const keys = { customer: t.customerId, token: t.paymentToken, device: t.deviceId, address: t.ipAddress };
    const histories: Record<string, object[]> = {};
    for (const [kind, id] of Object.entries(keys)) {
      const list = lists.get(`${kind} ${id}`) ?? [];
      histories[kind] = id === undefined ? [] : list.filter(({ occurredAt }) => occurredAt > t.occurredAt - 24 * HOUR);
      list.push(recordOf(t));
      lists.set(`${kind} ${id}`, list);
    }
    verdicts.set(t.transactionId, judge(t, { ...(histories as unknown as Histories), listHits: [], idOf }, ruleSet));
  }
  return verdicts;
}

/** What any history keeps of a transaction. */
function recordOf(t: Transaction) {
  return {
    print: fingerprint(t.transactionId),
    occurredAt: t.occurredAt,
    amount: t.amount,
    currency: t.currency,
    declined: t.outcome === 'declined',
    merchant: fingerprint(t.merchantId),
    order: t.orderId === undefined ? 0 : fingerprint(t.orderId),
    latitude: t.location?.latitude ?? Number.NaN,
    longitude: t.location?.longitude ?? Number.NaN,
    customer: fingerprint(t.customerId),
    token: fingerprint(t.paymentToken),
  };
}
