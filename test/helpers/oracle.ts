import { layouts } from '../../processor/history/record';
import type { EntityKind, Facts, ListHit, Transaction, Verdict } from '../../processor/types';
import { HOUR } from './transactions';

/** The entity of each kind that a transaction names. */
export const ENTITIES: Record<EntityKind, (t: Transaction) => string | undefined> = {
  customer: (t) => t.customerId,
  token: (t) => t.paymentToken,
  device: (t) => t.deviceId,
  address: (t) => t.ipAddress,
};

/**
 * What every verdict has to be, by looking at every pair of transactions: slow and obvious, and nothing of it is shared with
 * the processor but the rules and what a history keeps of a transaction.
 */
export function bruteForce(
  transactions: readonly Transaction[],
  judge: (transaction: Transaction, facts: Facts) => Verdict,
  hitsOf: (transaction: Transaction) => readonly ListHit[] = () => [],
): Map<string, Verdict> {
  const inOrder = [...transactions].sort(
    (a, b) => a.occurredAt - b.occurredAt || (a.transactionId < b.transactionId ? -1 : 1),
  );
  return new Map(
    inOrder.map((x, place) => {
      const ids = new Map<object, string>();
      const history = (kind: EntityKind) =>
        inOrder.slice(0, place).flatMap((y) => {
          const entity = ENTITIES[kind](x);
          const shared = entity !== undefined && entity === ENTITIES[kind](y);
          if (!shared || y.occurredAt <= x.occurredAt - 24 * HOUR) return [];
          const record = layouts[kind].record(y);
          ids.set(record, y.transactionId);
          return [record];
        });
      const facts = {
        customer: history('customer'),
        token: history('token'),
        device: history('device'),
        address: history('address'),
        listHits: hitsOf(x),
        idOf: (record: object) => ids.get(record) as string,
      } as unknown as Facts;
      return [x.transactionId, judge(x, facts)];
    }),
  );
}
