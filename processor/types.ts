/** A decoded transaction, as `docs/transaction.md` describes it: every value is valid and in canonical form. */
export interface Transaction {
  /** Identity: the same id with the same content is a duplicate, with other content a conflict. */
  transactionId: string;
  /** Event time, milliseconds since 1970-01-01T00:00:00Z, not negative. */
  occurredAt: number;
  /** Integer in the currency's minor unit, 0 to 10^12. Yen has no minor unit: 4980 is 4,980 yen. */
  amount: number;
  /** ISO 4217 alphabetic code. */
  currency: string;
  customerId: string;
  merchantId: string;
  /** Token of the payment instrument, never a card number. */
  paymentToken: string;
  outcome: 'approved' | 'declined';
  declineReason?: string;
  orderId?: string;
  merchantCategory?: string;
  channel?: 'web' | 'app' | 'phone' | 'store';
  /** IPv4, or IPv6 in RFC 5952 form. */
  ipAddress?: string;
  deviceId?: string;
  /** Keyed hash made by the producer, 64 lower-case hexadecimal digits. */
  emailHash?: string;
  /** Keyed hash made by the producer, 64 lower-case hexadecimal digits. */
  shippingAddressHash?: string;
  /** ISO 3166-1 alpha-2. */
  cardIssuerCountry?: string;
  /** ISO 3166-1 alpha-2. */
  billingCountry?: string;
  /** ISO 3166-1 alpha-2. */
  shippingCountry?: string;
  /** Where the payer is, in degrees (WGS 84). */
  location?: { latitude: number; longitude: number };
  /** Milliseconds since 1970-01-01T00:00:00Z, not negative. */
  accountCreatedAt?: number;
  threeDSecure?: ThreeDSecure;
}

/** Result of an EMV 3-D Secure authentication. */
export interface ThreeDSecure {
  version?: string;
  status?: 'Y' | 'A' | 'N' | 'U' | 'R' | 'C' | 'I';
  eci?: string;
  liabilityShift?: boolean;
}

/** What a history is kept of. */
export type EntityKind = 'customer' | 'token' | 'device' | 'address';

/** Names a transaction where only histories know it: no two of an entity share both. */
export interface TransactionRef {
  /** Event time, milliseconds since 1970-01-01T00:00:00Z. */
  occurredAt: number;
  /** `fingerprint(transactionId)`. */
  print: number;
}

/** Names a transaction where it is known. */
export interface NamedRef extends TransactionRef {
  transactionId: string;
}

/** What every history keeps of a transaction. */
export interface HistoryRecord extends TransactionRef {
  /** In the currency's minor unit. */
  amount: number;
  currency: string;
  declined: boolean;
}

/** Record of a customer's history. */
export interface CustomerRecord extends HistoryRecord {
  /** `fingerprint(merchantId)`. */
  merchant: number;
  /** `fingerprint(orderId)`, 0 when the transaction has none. */
  order: number;
}

/** Record of a payment token's history. */
export interface TokenRecord extends HistoryRecord {
  /** Degrees; NaN when the transaction has no location. */
  latitude: number;
  /** Degrees; NaN when the transaction has no location. */
  longitude: number;
}

/** Record of the history of a device or an IP address, which several customers and tokens may share. */
export interface SharedRecord extends HistoryRecord {
  /** `fingerprint(customerId)`. */
  customer: number;
  /** `fingerprint(paymentToken)`. */
  token: number;
}

/**
 * The histories a transaction `x` is judged on: per entity, the distinct accepted transactions `y` with
 * `t(x) - 24 h < t(y) <= t(x)`, `y != x`, ascending by event time, ties ascending by transaction id (and, of those at
 * `t(x)`, only ids below that of `x`). Empty where the transaction names no such entity.
 */
export interface Histories {
  customer: readonly CustomerRecord[];
  token: readonly TokenRecord[];
  device: readonly SharedRecord[];
  address: readonly SharedRecord[];
}

/** What lists can name. */
export type ListedKind = 'customer' | 'token' | 'device' | 'address' | 'email' | 'country' | 'merchant';

/** An entry of a list that names something of a transaction. */
export interface ListHit {
  list: 'block' | 'allow' | 'watch';
  of: ListedKind;
  /** `tap.list_changes.id` of the change that put it there. */
  entry: number;
  /** Why it is there. */
  reason: string;
}

/** Everything that a transaction is judged on besides itself and the rule set. */
export interface Facts extends Histories {
  /** Entries of the lists that apply at its event time. */
  listHits: readonly ListHit[];
  /** The id of a transaction that a history names. */
  idOf(ref: TransactionRef): string;
}

export type Decision = 'allow' | 'review' | 'block';

/** Why a rule fired: its name, the weight it added to the score, and the figures it rests on (flat, JSON-safe). */
export interface Reason {
  rule: string;
  weight: number;
  [evidence: string]: string | number;
}

/** A judgement: a pure function of a transaction, its facts and one rule set. */
export interface Verdict {
  decision: Decision;
  /** Sum of the weights of the rules that fired, at most 100. */
  score: number;
  /** In the order of the rule set. */
  reasons: Reason[];
}
