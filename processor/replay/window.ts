import { ENTITY_KINDS, layouts } from '../history/record';
import { WINDOW_MS } from '../history/timeline';
import type { EntityKind, Histories, Transaction, TransactionRef } from '../types';
import { Rows, Seen } from './rows';

/** Event time between two searches for entities whose history is over, milliseconds: each looks at all of them. */
const SWEEP_EVERY_MS = 6 * 3_600_000;

/** The exact histories of all entities while transactions pass in order of event time and id. */
export class Window {
  readonly #rows = new Rows();
  readonly #kinds = ENTITY_KINDS.map((kind) => new Entities(kind, this.#rows));
  #nextSweep = Number.NEGATIVE_INFINITY;

  /** Transactions of the last 24 hours. */
  get held(): number {
    return this.#rows.held;
  }

  /**
   * The next transaction becomes part of the histories.
   *
   * @param use called before, with what they are; they hold during the call
   */
  pass(transaction: Transaction, use?: (histories: Histories) => void): void {
    const { occurredAt } = transaction;
    this.#rows.dropThrough(occurredAt - WINDOW_MS);
    if (occurredAt >= this.#nextSweep) {
      this.#nextSweep = occurredAt + SWEEP_EVERY_MS;
      for (const entities of this.#kinds) entities.sweep();
    }
    if (use !== undefined) {
      const histories: Partial<Record<EntityKind, readonly Seen[]>> = {};
      for (const entities of this.#kinds) histories[entities.kind] = entities.historyOf(transaction);
      use(histories as Histories);
    }
    const position = this.#rows.append(transaction);
    for (const entities of this.#kinds) entities.push(transaction, position);
  }

  /** The id of a transaction that one of the histories names. */
  static idOf(ref: TransactionRef): string {
    return (ref as Seen).transactionId;
  }
}

/** The histories of one kind, as positions of rows. */
class Entities {
  /** What is older than the window is still in those that were not asked for since. */
  readonly #positions = new Map<string, number[]>();
  /** Records to show, made as they are needed and used again. */
  readonly #records: Seen[] = [];
  readonly #entity: (transaction: Transaction) => string | undefined;

  constructor(
    readonly kind: EntityKind,
    private readonly rows: Rows,
  ) {
    this.#entity = layouts[kind].entity;
  }

  /** The history of a transaction's entity, until the next is asked for. */
  historyOf(transaction: Transaction): readonly Seen[] {
    const id = this.#entity(transaction);
    const positions = id === undefined ? undefined : this.#positions.get(id);
    if (positions === undefined) return [];
    this.#drop(positions);
    const records = this.#records;
    while (records.length < positions.length) records.push(new Seen(this.rows));
    for (let i = 0; i < positions.length; i++) (records[i] as Seen).position = positions[i] as number;
    return records.length === positions.length ? records : records.slice(0, positions.length);
  }

  push(transaction: Transaction, position: number): void {
    const id = this.#entity(transaction);
    if (id === undefined) return;
    const positions = this.#positions.get(id);
    if (positions === undefined) this.#positions.set(id, [position]);
    else positions.push(position);
  }

  /** Forgets entities whose history is over. */
  sweep(): void {
    for (const [id, positions] of this.#positions) {
      if ((positions.at(-1) as number) < this.rows.oldest) this.#positions.delete(id);
    }
  }

  #drop(positions: number[]): void {
    const { oldest } = this.rows;
    let stale = 0;
    while (stale < positions.length && (positions[stale] as number) < oldest) stale++;
    if (stale > 0) positions.splice(0, stale);
  }
}
