import type { TransactionRef } from '../types';

/** Values by what histories know a transaction by. */
export class RefMap<Value> {
  private readonly byTime = new Map<number, Map<number, Value>>();

  get({ occurredAt, print }: TransactionRef): Value | undefined {
    return this.byTime.get(occurredAt)?.get(print);
  }

  has({ occurredAt, print }: TransactionRef): boolean {
    return this.byTime.get(occurredAt)?.has(print) ?? false;
  }

  set({ occurredAt, print }: TransactionRef, value: Value): void {
    const values = this.byTime.get(occurredAt);
    if (values === undefined) this.byTime.set(occurredAt, new Map([[print, value]]));
    else values.set(print, value);
  }
}
