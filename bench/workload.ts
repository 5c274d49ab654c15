/** Transactions of a day at the peak, and the customers who make them: 14 a customer and day. */
export const DAY = { transactions: 1_440_000, customers: 100_000 };

const START = Date.UTC(2025, 3, 1);
const DAY_MS = 86_400_000;

export interface Workload {
  /** Share of the peak's day and of its customers, so that histories are as long whatever the share. */
  share: number;
  /** Of 5 letters, where several workloads meet: theirs are the transactions and entities of that name. @default bench */
  name?: string;
  /** One entity of this kind is in every record. */
  hot?: 'customer' | 'device';
}

/** Mixes two integers into a fraction: what a record holds depends on nothing but its number. */
function fraction(index: number, salt: number): number {
  let t = Math.imul(index ^ (salt * 0x9e3779b1), 0x85ebca6b);
  t = Math.imul(t ^ (t >>> 13), 0xc2b2ae35);
  return ((t ^ (t >>> 16)) >>> 0) / 2 ** 32;
}

/**
 * The record of a number, as its producer writes it, about 450 bytes: a shop's day in order of event time, but for one in 200
 * that is up to a minute late and one in 300 that comes a second time. Ids have 20 characters.
 */
export function recordAt(index: number, workload: Workload): string {
  const { share, name = 'bench', hot } = workload;
  if (index % 300 === 299 && index > 1_000) return recordAt(index - 500, workload);
  const below = (n: number, salt: number) => Math.floor(fraction(index, salt) * n);
  const customer = hot === 'customer' ? 0 : below(DAY.customers * share, 1);
  const late = below(200, 2) === 0 ? 2_000 + below(58_000, 3) : 0;
  return JSON.stringify({
    transactionId: `tx-${name}-${String(index).padStart(11, '0')}`,
    occurredAt: new Date(START + Math.floor((index * DAY_MS) / (DAY.transactions * share)) - late).toISOString(),
    amount: 300 + below(30_000, 4),
    currency: 'JPY',
    customerId: `customer-${name}-${customer}`,
    merchantId: `merchant-${below(500, 5)}`,
    paymentToken: `token-${name}-${customer}-${below(2, 6)}`,
    outcome: below(20, 7) === 0 ? 'declined' : 'approved',
    orderId: `order-${index}`,
    channel: 'web',
    ipAddress: address(name, customer >> 1),
    deviceId: `device-${name}-${hot === 'device' ? 0 : customer}`,
    cardIssuerCountry: 'JP',
    billingCountry: 'JP',
    location: { latitude: 30 + (customer % 1_000) / 100 + below(10, 8) / 1_000, longitude: 139 + below(10, 9) / 1_000 },
    accountCreatedAt: '2024-11-03T12:00:00Z',
  });
}

function address(name: string, number: number): string {
  return `2001:db8:${Buffer.from(name).readUInt16BE().toString(16)}::${(number + 1).toString(16)}`;
}
