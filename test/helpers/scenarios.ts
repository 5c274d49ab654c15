import fc from 'fast-check';
import type { JudgingDependencies } from '../../processor/judging';
import type { StreamRecord } from '../../processor/pipeline';
import type { EntityKind, Facts, Transaction, Verdict } from '../../processor/types';
import { asRecord, bytes, HOUR, T0, transaction } from './transactions';

/** Some transactions of shared entities, and how they reach the processor. */
export interface Scenario {
  transactions: readonly Transaction[];
  /** Indices of transactions that are sent a second time. */
  repeated: readonly number[];
  /** Sorts what is sent. */
  order: readonly number[];
  batchSizes: readonly number[];
  /** Numbers of the stores' calls, counted over all workers, before or after which a worker dies. */
  crashes: readonly number[];
  judge: keyof typeof judges;
}

/** Verdicts that show everything they rest on, in order: any difference in a history is a difference in the verdict. */
export const judges = {
  ids: (_: Transaction, facts: Facts): Verdict => shown((kind) => facts[kind].map(facts.idOf).join()),
  amounts: (_: Transaction, facts: Facts): Verdict => shown((kind) => facts[kind].map(({ amount }) => amount).join()),
};

function shown(what: (kind: EntityKind) => string): Verdict {
  const kinds = ['customer', 'token', 'device', 'address'] as const;
  const evidence = Object.fromEntries(kinds.map((kind) => [kind, what(kind)]));
  return { decision: 'review', score: 1, reasons: [{ rule: 'test', weight: 1, ...evidence }] };
}

/** No lists, no shadow rule set, and an active one of which only the version is looked at. */
export const PLAIN_POLICY = {
  active: { version: 'v1' },
  shadows: [],
  lists: { hitsOf: () => [], version: 0 },
} as unknown as JudgingDependencies['policy'];

const drawn = fc.array(
  fc.record({
    hour: fc.integer({ min: 0, max: 40 }),
    customerId: fc.constantFrom('c1', 'c2'),
    paymentToken: fc.constantFrom('t1', 't2', 't3'),
    deviceId: fc.constantFrom(undefined, 'd1', 'd2'),
    ipAddress: fc.constantFrom(undefined, '192.0.2.1'),
  }),
  { minLength: 2, maxLength: 9 },
);

/** Two to nine transactions within 41 hours, several of them at one time, in any order, in batches of one to four. */
export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  transactions: drawn.map((all) =>
    all.map(({ hour, ...changes }, i) =>
      transaction({ transactionId: `tx-${(i * 7) % 10}`, occurredAt: T0 + hour * HOUR, amount: i, ...changes }),
    ),
  ),
  repeated: fc.array(fc.nat(8), { maxLength: 3 }),
  order: fc.array(fc.nat(1000), { minLength: 12, maxLength: 12 }),
  batchSizes: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 12, maxLength: 12 }),
  crashes: fc.uniqueArray(fc.integer({ min: 1, max: 80 }), { maxLength: 4 }),
  judge: fc.constantFrom('ids', 'amounts'),
});

let eventNumber = 0;

/** The records of a scenario, in its order and batches. */
export function batchesOf({ transactions, repeated, order, batchSizes }: Scenario): StreamRecord[][] {
  const sent = [...transactions, ...repeated.flatMap((i) => transactions[i] ?? [])]
    .map((t, i) => ({ t, place: order[i] as number }))
    .sort((a, b) => a.place - b.place)
    .map(({ t }): StreamRecord => ({ eventId: `shard:${eventNumber++}`, data: bytes(asRecord(t)) }));
  return batchSizes.map((size) => sent.splice(0, size)).filter(({ length }) => length > 0);
}

/** Works off batches; one whose worker dies is delivered again in halves, to a worker that `process` begins anew. */
export async function work(
  batches: StreamRecord[][],
  start: () => (batch: readonly StreamRecord[]) => Promise<unknown>,
): Promise<void> {
  let process = start();
  for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
    try {
      await process(batch);
    } catch {
      process = start();
      batches.push(...[batch.slice(0, batch.length >> 1), batch.slice(batch.length >> 1)].filter((b) => b.length > 0));
    }
  }
}
