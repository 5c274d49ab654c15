import { ENTITY_KINDS, layouts } from '../history/record';
import { WINDOW_MS } from '../history/timeline';
import type { EntityKind, Histories, Transaction, TransactionRef } from '../types';
import { Rows, type Seen } from './rows';

/** Event time between two searches for entities whose history is over, milliseconds: each looks at all of them. */
const SWEEP_EVERY_MS = 6 * 3_600_000;

const NOTHING: readonly Seen[] = [];

/** The exact histories of all entities while transactions pass in order of event time and id. */
export class Window {
  readonly #rows = new Rows();
  /** By kind and entity; what is older than the window is still in histories that were not asked for since. */
  readonly #histories: Readonly<Record<EntityKind, Map<string, Seen[]>>> = {
    customer: new Map(),
    token: new Map(),
    device: new Map(),
    address: new Map(),
  };
  #nextSweep = Number.NEGATIVE_INFINITY;

  /** Transactions of the last 24 hours. */
  get held(): number {
    return this.#rows.held;
  }

  /** Calls `use` with the histories of the next transaction, which then becomes part of them. They hold during the call. */
  pass(transaction: Transaction, use: (histories: Histories) => void): void {
    const { occurredAt } = transaction;
    this.#rows.dropThrough(occurredAt - WINDOW_MS);
    if (occurredAt >= this.#nextSweep) this.#sweep(occurredAt);
    const customer = this.#of('customer', transaction);
    const token = this.#of('token', transaction);
    const device = this.#of('device', transaction);
    const address = this.#of('address', transaction);
    use({
      customer: customer ?? NOTHING,
      token: token ?? NOTHING,
      device: device ?? NOTHING,
      address: address ?? NOTHING,
    });
    const seen = this.#rows.append(transaction);
    customer?.push(seen);
    token?.push(seen);
    device?.push(seen);
    address?.push(seen);
  }

  /** The id of a transaction that one of the histories names. */
  static idOf(ref: TransactionRef): string {
    return (ref as Seen).transactionId;
  }

  #of(kind: EntityKind, transaction: Transaction): Seen[] | undefined {
    const id = layouts[kind].entity(transaction);
    if (id === undefined) return undefined;
    const records = this.#histories[kind].get(id);
    if (records === undefined) {
      const fresh: Seen[] = [];
      this.#histories[kind].set(id, fresh);
      return fresh;
    }
    const { oldest } = this.#rows;
    let stale = 0;
    while (stale < records.length && (records[stale] as Seen).position < oldest) stale++;
    if (stale > 0) records.splice(0, stale);
    return records;
  }

  #sweep(now: number): void {
    this.#nextSweep = now + SWEEP_EVERY_MS;
    for (const kind of ENTITY_KINDS) {
      const histories = this.#histories[kind];
      for (const [id, records] of histories) {
        const last = records.at(-1);
        if (last === undefined || last.position < this.#rows.oldest) histories.delete(id);
      }
    }
  }
}
