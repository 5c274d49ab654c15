import { fingerprint } from '../fingerprint';
import { layouts } from '../history/record';
import type { CustomerRecord, SharedRecord, TokenRecord, Transaction } from '../types';

/** Numbers of a row: event time, amount, latitude, longitude, and the fingerprints of merchant, order, customer and token. */
const COLUMNS = 8;
const FIRST_CAPACITY = 1 << 14;

/**
 * The numbers of the transactions in a window, the oldest first. Each takes 64 bytes, where an object's would take about 200
 * and the garbage collector's time.
 */
export class Rows {
  #numbers = new Float64Array(COLUMNS * FIRST_CAPACITY);
  /** Capacity, a power of two, less one: what a position is taken by to find its row. */
  #mask = FIRST_CAPACITY - 1;
  #oldest = 0;
  #next = 0;

  /** Position of the oldest row; it and those after it are there. */
  get oldest(): number {
    return this.#oldest;
  }

  get held(): number {
    return this.#next - this.#oldest;
  }

  at(position: number, column: number): number {
    return this.#numbers[(position & this.#mask) * COLUMNS + column] as number;
  }

  /** Appends a transaction's row. */
  append(transaction: Transaction): Seen {
    if (this.#next - this.#oldest > this.#mask) this.#grow();
    const { merchant, order } = layouts.customer.record(transaction);
    const { latitude, longitude } = layouts.token.record(transaction);
    const { occurredAt, amount, customer, token } = layouts.device.record(transaction);
    const start = (this.#next & this.#mask) * COLUMNS;
    const numbers = this.#numbers;
    numbers[start] = occurredAt;
    numbers[start + 1] = amount;
    numbers[start + 2] = latitude;
    numbers[start + 3] = longitude;
    numbers[start + 4] = merchant;
    numbers[start + 5] = order;
    numbers[start + 6] = customer;
    numbers[start + 7] = token;
    return new Seen(this, this.#next++, transaction);
  }

  /** Drops the rows of event times up to and including `time`. */
  dropThrough(time: number): void {
    while (this.#oldest < this.#next && this.at(this.#oldest, 0) <= time) this.#oldest++;
  }

  #grow(): void {
    const grown = new Float64Array(this.#numbers.length * 2);
    const mask = this.#mask * 2 + 1;
    for (let position = this.#oldest; position < this.#next; position++) {
      const start = (position & this.#mask) * COLUMNS;
      grown.set(this.#numbers.subarray(start, start + COLUMNS), (position & mask) * COLUMNS);
    }
    this.#numbers = grown;
    this.#mask = mask;
  }
}

/** A transaction in a window, as the record of each of its histories. */
export class Seen implements CustomerRecord, TokenRecord, SharedRecord {
  readonly transactionId: string;
  readonly currency: string;
  readonly declined: boolean;

  /** @param position of its row */
  constructor(
    private readonly rows: Rows,
    readonly position: number,
    { transactionId, currency, outcome }: Transaction,
  ) {
    this.transactionId = transactionId;
    this.currency = currency;
    this.declined = outcome === 'declined';
  }

  get print(): number {
    return fingerprint(this.transactionId);
  }

  get occurredAt(): number {
    return this.rows.at(this.position, 0);
  }

  get amount(): number {
    return this.rows.at(this.position, 1);
  }

  get latitude(): number {
    return this.rows.at(this.position, 2);
  }

  get longitude(): number {
    return this.rows.at(this.position, 3);
  }

  get merchant(): number {
    return this.rows.at(this.position, 4);
  }

  get order(): number {
    return this.rows.at(this.position, 5);
  }

  get customer(): number {
    return this.rows.at(this.position, 6);
  }

  get token(): number {
    return this.rows.at(this.position, 7);
  }
}
