import { keptOf } from '../history/record';
import type { CustomerRecord, SharedRecord, TokenRecord, Transaction } from '../types';

/**
 * Numbers of a row: event time, amount, latitude, longitude, the fingerprints of merchant, order, customer, token and of the
 * transaction itself, and the currency's number, doubled, plus 1 where it was declined.
 */
const COLUMNS = 10;
const FIRST_CAPACITY = 1 << 14;

/**
 * The transactions in a window, the oldest first: numbers in one array and ids in another, so that the garbage collector has
 * next to nothing to look at. A transaction takes 88 bytes and its id.
 */
export class Rows {
  #numbers = new Float64Array(COLUMNS * FIRST_CAPACITY);
  #ids: string[] = new Array(FIRST_CAPACITY).fill('');
  /** Capacity, a power of two, less one: what a position is taken by to find its row. */
  #mask = FIRST_CAPACITY - 1;
  #oldest = 0;
  #next = 0;
  readonly #currencies: string[] = [];
  readonly #numberOfCurrency = new Map<string, number>();

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

  idAt(position: number): string {
    return this.#ids[position & this.#mask] as string;
  }

  currencyAt(position: number): string {
    return this.#currencies[this.at(position, 9) >> 1] as string;
  }

  /** Appends a transaction's row. @returns its position */
  append(transaction: Transaction): number {
    if (this.#next - this.#oldest > this.#mask) this.#grow();
    const kept = keptOf(transaction);
    const place = this.#next & this.#mask;
    this.#ids[place] = transaction.transactionId;
    const start = place * COLUMNS;
    const numbers = this.#numbers;
    numbers[start] = kept.occurredAt;
    numbers[start + 1] = kept.amount;
    numbers[start + 2] = kept.latitude;
    numbers[start + 3] = kept.longitude;
    numbers[start + 4] = kept.merchant;
    numbers[start + 5] = kept.order;
    numbers[start + 6] = kept.customer;
    numbers[start + 7] = kept.token;
    numbers[start + 8] = kept.print;
    numbers[start + 9] = 2 * this.#numberOf(kept.currency) + Number(kept.declined);
    return this.#next++;
  }

  /** Drops the rows of event times up to and including `time`. */
  dropThrough(time: number): void {
    while (this.#oldest < this.#next && this.at(this.#oldest, 0) <= time) {
      this.#ids[this.#oldest & this.#mask] = '';
      this.#oldest++;
    }
  }

  #numberOf(currency: string): number {
    const known = this.#numberOfCurrency.get(currency);
    if (known !== undefined) return known;
    this.#numberOfCurrency.set(currency, this.#currencies.length);
    return this.#currencies.push(currency) - 1;
  }

  #grow(): void {
    const mask = this.#mask * 2 + 1;
    const numbers = new Float64Array((mask + 1) * COLUMNS);
    const ids: string[] = new Array(mask + 1).fill('');
    for (let position = this.#oldest; position < this.#next; position++) {
      const start = (position & this.#mask) * COLUMNS;
      numbers.set(this.#numbers.subarray(start, start + COLUMNS), (position & mask) * COLUMNS);
      ids[position & mask] = this.idAt(position);
    }
    this.#numbers = numbers;
    this.#ids = ids;
    this.#mask = mask;
  }
}

/** A row as the record of a history. Which one changes: it is used again for the next transaction's. */
export class Seen implements CustomerRecord, TokenRecord, SharedRecord {
  position = 0;

  constructor(private readonly rows: Rows) {}

  get transactionId(): string {
    return this.rows.idAt(this.position);
  }

  get print(): number {
    return this.rows.at(this.position, 8);
  }

  get currency(): string {
    return this.rows.currencyAt(this.position);
  }

  get declined(): boolean {
    return (this.rows.at(this.position, 9) & 1) === 1;
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
