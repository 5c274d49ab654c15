import fc from 'fast-check';
import { layouts } from '../../../../processor/history/record';
import { Window } from '../../../../processor/replay/window';
import type { EntityKind, Facts, Histories, Transaction, TransactionRef, Verdict } from '../../../../processor/types';
import { bruteForce } from '../../../helpers/oracle';
import { HOUR, MINUTE, T0, transaction } from '../../../helpers/transactions';

const KINDS = ['customer', 'token', 'device', 'address'] as const;
type Fields = Record<string, unknown>;

/** A verdict that shows every record of every history, in order, with the id of its transaction. */
function everything(_: Transaction, facts: Pick<Facts, EntityKind | 'idOf'>): Verdict {
  const shown = (kind: EntityKind) =>
    facts[kind].map((record: TransactionRef & object) => {
      const fields = Object.keys(layouts[kind].record(transaction())) as never[];
      return [facts.idOf(record), ...fields.map((field) => (record as Fields)[field])];
    });
  return { decision: 'allow', score: 0, reasons: KINDS.map((kind) => shown(kind)) as never };
}

// Times at the window's edges and ties are as likely as any other.
const minute = fc.oneof(fc.constantFrom(0, 1, 24 * 60 - 1, 24 * 60, 24 * 60 + 1, 48 * 60), fc.nat(80 * 60));
const place = fc.option(fc.constant({ latitude: 35.5, longitude: 139.5 }), { nil: undefined });
const traffic = fc
  .array(
    fc.record({
      minute,
      amount: fc.nat(1e12),
      currency: fc.constantFrom('JPY', 'USD'),
      outcome: fc.constantFrom('approved' as const, 'declined' as const),
      customerId: fc.constantFrom('c1', 'c2'),
      paymentToken: fc.constantFrom('t1', 't2', 't3'),
      merchantId: fc.constantFrom('m1', 'm2'),
      orderId: fc.constantFrom(undefined, 'o1', 'o2'),
      deviceId: fc.constantFrom(undefined, 'd1', 'd2'),
      ipAddress: fc.constantFrom(undefined, '192.0.2.1'),
      location: place,
    }),
    { maxLength: 40, size: 'max' },
  )
  .map((all) =>
    all
      .map(({ minute, ...changes }, i) =>
        transaction({ transactionId: `tx-${(i * 17) % 41}`, occurredAt: T0 + minute * MINUTE, ...changes }),
      )
      .sort((a, b) => a.occurredAt - b.occurredAt || (a.transactionId < b.transactionId ? -1 : 1)),
  );

function inWindow(transactions: readonly Transaction[]): Map<string, Verdict> {
  const window = new Window();
  const seen = new Map<string, Verdict>();
  for (const t of transactions) {
    window.pass(t, (histories: Histories) => {
      seen.set(t.transactionId, everything(t, { ...histories, idOf: Window.idOf }));
    });
  }
  return seen;
}

test('gives every transaction the histories of brute force', () => {
  fc.assert(
    fc.property(traffic, (transactions) => {
      expect(inWindow(transactions)).toEqual(bruteForce(transactions, everything));
    }),
    { numRuns: 150 },
  );
});

test('keeps more rows than it began with, and lets go of the oldest', () => {
  // 30,000 transactions in 36 hours: the rows grow past their first capacity and around its end.
  const transactions = Array.from({ length: 30_000 }, (_, i) =>
    transaction({
      transactionId: `tx-${String(i).padStart(5, '0')}`,
      occurredAt: T0 + Math.floor((i * 36 * HOUR) / 30_000),
      amount: i,
      customerId: `c${i % 15_000}`,
      paymentToken: `t${i % 7_500}`,
    }),
  );
  const window = new Window();
  let last: Record<string, number[]> = {};
  for (const t of transactions) {
    window.pass(t, ({ customer, token }) => {
      last = { customer: customer.map(({ amount }) => amount), token: token.map(({ amount }) => amount) };
    });
  }
  expect(last).toEqual({ customer: [14_999], token: [14_999, 22_499] });
});
