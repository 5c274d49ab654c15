import type { ListedKind, ListHit, Transaction } from '../types';

/** A change of the lists, `tap.list_changes`. */
export interface ListChange {
  id: number;
  list: ListHit['list'];
  kind: ListedKind;
  /** In the form that transactions have it in. */
  value: string;
  change: 'add' | 'remove';
  reason: string;
  /** The entry applies to what happened before this time, milliseconds since 1970-01-01T00:00:00Z; null for ever. */
  expiresAt: number | null;
}

interface Entry {
  hit: ListHit;
  expiresAt: number;
}

/** Entries by kind and value. */
type Index = ReadonlyMap<ListedKind, ReadonlyMap<string, readonly Entry[]>>;

/** What a transaction names of each kind. */
const NAMES: { readonly [K in ListedKind]: (transaction: Transaction) => string[] } = {
  customer: ({ customerId }) => [customerId],
  token: ({ paymentToken }) => [paymentToken],
  device: ({ deviceId }) => present(deviceId),
  address: ({ ipAddress }) => present(ipAddress),
  email: ({ emailHash }) => present(emailHash),
  country: ({ cardIssuerCountry, billingCountry, shippingCountry }) => [
    ...new Set(present(cardIssuerCountry, billingCountry, shippingCountry)),
  ],
  merchant: ({ merchantId }) => [merchantId],
};

function present(...values: (string | undefined)[]): string[] {
  return values.filter((value) => value !== undefined);
}

/** In the order of the hits. */
export const LISTED_KINDS = Object.keys(NAMES) as ListedKind[];

/** The block, watch and allow lists as they were after one of their changes. */
export class Lists {
  private constructor(
    /** `tap.list_changes.id` of the last change, 0 before the first. */
    readonly version: number,
    private readonly index: Index,
  ) {}

  static readonly EMPTY = new Lists(0, new Map());

  /**
   * The lists after further changes: of a list, kind and value the last change counts.
   *
   * @param changes ascending by id, all above `version`
   */
  after(changes: readonly ListChange[]): Lists {
    if (changes.length === 0) return this;
    const index = new Map(this.index);
    const own = new Map<ListedKind, Map<string, readonly Entry[]>>();
    for (const { id, list, kind, value, change, reason, expiresAt } of changes) {
      const values = own.get(kind) ?? new Map(this.index.get(kind));
      own.set(kind, values);
      index.set(kind, values);
      const entries = (values.get(value) ?? []).filter(({ hit }) => hit.list !== list);
      if (change === 'add') {
        entries.push({ hit: { list, of: kind, entry: id, reason }, expiresAt: expiresAt ?? Number.POSITIVE_INFINITY });
      }
      if (entries.length > 0) values.set(value, entries);
      else values.delete(value);
    }
    return new Lists((changes.at(-1) as ListChange).id, index);
  }

  /** The entries that name something of a transaction and had not expired when it happened. */
  hitsOf(transaction: Transaction): ListHit[] {
    const hits: ListHit[] = [];
    for (const kind of LISTED_KINDS) {
      const values = this.index.get(kind);
      if (values === undefined) continue;
      for (const value of NAMES[kind](transaction)) {
        for (const { hit, expiresAt } of values.get(value) ?? []) {
          if (transaction.occurredAt < expiresAt) hits.push(hit);
        }
      }
    }
    return hits;
  }
}
