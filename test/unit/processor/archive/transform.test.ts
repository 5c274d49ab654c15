import type { FirehoseTransformationEventRecord } from 'aws-lambda';
import { type Line, openedLine } from '../../../../processor/archive/line';
import { numberOf } from '../../../../processor/archive/seal';
import { MAX_REFUSAL_BYTES, transform } from '../../../../processor/archive/transform';
import { decode } from '../../../../processor/decode';
import { asRecord, FULL } from '../../../helpers/transactions';

const ARRIVAL = Date.UTC(2026, 3, 1, 0, 30, 2);
const NOW = Date.UTC(2026, 3, 1, 0, 35);
/** Passes the Luhn check; a number that the card schemes set aside for tests. */
const CARD_NUMBER = '4111111111111111';

const TRANSACTION = {
  transactionId: 'tx-1',
  occurredAt: '2026-04-01T09:30:00+09:00',
  amount: 4980,
  currency: 'JPY',
  customerId: 'cust-81f3',
  merchantId: 'shop-ginza',
  paymentToken: 'tok_9fQx2',
};

function record(content: unknown, recordId = 'r-1'): FirehoseTransformationEventRecord {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return {
    recordId,
    approximateArrivalTimestamp: ARRIVAL + 7,
    data: Buffer.from(text).toString('base64'),
    kinesisRecordMetadata: {
      shardId: 'shardId-000000000003',
      partitionKey: 'cust-81f3',
      approximateArrivalTimestamp: ARRIVAL,
      sequenceNumber: '4954698668',
      subsequenceNumber: '',
    },
  };
}

const KEY = Buffer.alloc(32, 7);
const keysOf = jest.fn(async (customers: ReadonlySet<string>) => new Map([...customers].map((id) => [id, KEY])));

const failed = jest.fn();
const dependencies = { decode, keys: { of: keysOf }, now: () => NOW, failed };
const run = (...records: FirehoseTransformationEventRecord[]) => transform(records, dependencies);

/** A line as a reader with the key has it. */
const opened = (data?: string) => openedLine(JSON.parse(text(data)), KEY) as Line & { record?: string };
const text = (data?: string) => Buffer.from(data ?? '', 'base64').toString('utf8');
const PROVENANCE = {
  arrivedAt: '2026-04-01T00:30:02.000Z',
  archivedAt: '2026-04-01T00:35:00.000Z',
  shardId: 'shardId-000000000003',
  sequenceNumber: '4954698668',
};

afterEach(() => jest.clearAllMocks());

describe('a transaction', () => {
  it('becomes one line: the contract’s form without unknown fields, what is personal sealed, and where it comes from', async () => {
    const { results, summary } = await run(
      record({ ...TRANSACTION, accountCreatedAt: '2024-11-03T12:00:00Z', ipAddress: '2001:DB8:0::1', note: 'gift' }),
    );
    expect(results).toEqual([
      {
        recordId: 'r-1',
        result: 'Ok',
        data: expect.any(String),
        metadata: { partitionKeys: { kind: 'transactions' } },
      },
    ]);
    const line = text(results[0]?.data);
    expect(line.endsWith('\n')).toBe(true);
    expect(line.slice(0, -1)).not.toContain('\n');
    const { customerId, paymentToken, ...impersonal } = TRANSACTION;
    const transaction = { ...impersonal, occurredAt: '2026-04-01T00:30:00.000Z', outcome: 'approved' };
    const processing = { format: 2, contentHash: expect.stringMatching(/^[0-9a-f]{64}$/), ...PROVENANCE };
    expect(JSON.parse(line)).toEqual({
      transaction,
      personal: { key: numberOf(KEY, '2026-04-01'), sealed: expect.any(String) },
      processing,
    });
    const personal = {
      customerId,
      paymentToken,
      ipAddress: '2001:db8::1',
      accountCreatedAt: '2024-11-03T12:00:00.000Z',
    };
    expect(opened(results[0]?.data)).toEqual({ transaction: { ...transaction, ...personal }, processing });
    expect(summary).toEqual({ received: 1, archived: 1, refused: 0, dropped: 0, notDecoded: 0 });
  });

  it('can be put on a stream again once it is opened, and is the same one', async () => {
    const sent = { ...asRecord(FULL), occurredAt: TRANSACTION.occurredAt };
    const [result] = (await run(record(sent))).results;
    const { transaction, processing } = opened(result?.data);
    expect(decode(Buffer.from(JSON.stringify(transaction)), NOW)).toMatchObject({
      contentHash: (processing as { contentHash?: string }).contentHash,
    });
  });

  it('shows nothing that names a customer or leads to one', async () => {
    const [result] = (await run(record({ ...asRecord(FULL), occurredAt: TRANSACTION.occurredAt }))).results;
    expect(JSON.parse(text(result?.data)).transaction).toEqual({
      ...{ transactionId: FULL.transactionId, occurredAt: '2026-04-01T00:30:00.000Z', amount: 4980, currency: 'JPY' },
      ...{ merchantId: FULL.merchantId, merchantCategory: 'electronics', outcome: 'declined', channel: 'app' },
      ...{ cardIssuerCountry: 'JP', billingCountry: 'US', shippingCountry: 'GB', threeDSecure: FULL.threeDSecure },
    });
  });

  it('has its key asked for once, with all others, and is asked for again where that fails', async () => {
    await run(
      record(TRANSACTION),
      record({ ...TRANSACTION, customerId: 'cust-02aa' }),
      record(TRANSACTION),
      record('{'),
    );
    expect(keysOf.mock.calls).toEqual([[new Set(['cust-81f3', 'cust-02aa'])]]);
    keysOf.mockRejectedValueOnce(new Error('away'));
    await expect(run(record(TRANSACTION))).rejects.toThrow('away');
  });

  it('is judged by the time of its arrival, so that a repetition comes to the same', async () => {
    const ahead = { ...TRANSACTION, occurredAt: new Date(ARRIVAL + 5 * 60_000 + 1).toISOString() };
    expect(JSON.parse(text((await run(record(ahead))).results[0]?.data)).reason).toBe('future:occurredAt');
  });

  it('has no place in the stream where Firehose tells none', async () => {
    const { kinesisRecordMetadata: _, ...direct } = record(TRANSACTION);
    expect(JSON.parse(text((await run(direct)).results[0]?.data)).processing).toEqual({
      format: 2,
      contentHash: expect.any(String),
      arrivedAt: '2026-04-01T00:30:02.007Z',
      archivedAt: PROVENANCE.archivedAt,
    });
  });
});

describe('a record that is refused', () => {
  it('goes apart with its reason and, sealed, what quarantine would keep', async () => {
    const { results, summary } = await run(record({ ...TRANSACTION, amount: '4980', note: 'gift' }));
    expect(results[0]).toMatchObject({ result: 'Ok', metadata: { partitionKeys: { kind: 'refused' } } });
    const { personal, ...line } = JSON.parse(text(results[0]?.data));
    expect(line).toEqual({
      reason: 'malformed:amount',
      detail: expect.stringMatching(/^amount: must be an integer .*; found a string of 4 characters$/),
      transactionId: 'tx-1',
      processing: { format: 2, ...PROVENANCE },
    });
    expect(personal.key).toBe(numberOf(KEY, '2026-04-01'));
    expect(JSON.parse(opened(results[0]?.data).record as string)).toEqual({ ...TRANSACTION, amount: '4980' });
    expect(summary).toEqual({ received: 1, archived: 0, refused: 1, dropped: 0, notDecoded: 0 });
  });

  it.each([
    ['in an unknown field', { ...TRANSACTION, note: `paid with ${CARD_NUMBER}` }],
    ['in a known field', { ...TRANSACTION, orderId: CARD_NUMBER }],
    ['in what is no JSON', `{"card": "${CARD_NUMBER}"`],
    ['in what is too large', JSON.stringify({ ...TRANSACTION, note: `${CARD_NUMBER} ${'x'.repeat(17_000)}` })],
  ])('shows no card number %s, in any field that Firehose would keep', async (_, content) => {
    const { results, summary } = await run(record(content));
    expect(summary.refused).toBe(1);
    expect(Object.keys(results[0] ?? {}).sort()).toEqual(['data', 'metadata', 'recordId', 'result']);
    const line = text(results[0]?.data);
    expect(line).not.toContain(CARD_NUMBER);
    if ('personal' in JSON.parse(line)) expect(JSON.stringify(opened(results[0]?.data))).not.toContain(CARD_NUMBER);
  });

  it.each([
    ['is no JSON', '{"customerId": "cust-81f3"', 'not-json'],
    ['is too large', JSON.stringify({ ...TRANSACTION, note: 'x'.repeat(17_000) }), 'too-large'],
    ['names no customer', { ...TRANSACTION, customerId: 81 }, 'malformed:customerId'],
    ['is null', 'null', 'not-an-object'],
  ])('of which nobody can say whose it is, as it %s, is kept by its reason alone', async (_, content, reason) => {
    const [result] = (await run(record(content))).results;
    expect(Object.keys(JSON.parse(text(result?.data)))).toEqual(
      expect.arrayContaining(['reason', 'detail', 'processing']),
    );
    expect(JSON.parse(text(result?.data))).toMatchObject({ reason });
    expect(text(result?.data)).not.toMatch(/cust-81f3|tok_9fQx2|personal|record"/);
  });

  it('is never reported as failed, since Firehose keeps what failed as it came', async () => {
    const contents = ['', '{', '[]', '{}', 'null', '\u0000', { ...TRANSACTION, amount: -1 }, CARD_NUMBER];
    const { results } = await run(...contents.map((content, index) => record(content, `r-${index}`)));
    expect(results.map(({ recordId, result }) => `${recordId} ${result}`)).toEqual(
      contents.map((_content, index) => `r-${index} Ok`),
    );
  });
});

describe('a record that the decoder fails on', () => {
  it('is told by its place alone, and its batch goes on', async () => {
    const broken = (data: Uint8Array, now: number) => {
      if (Buffer.from(data).includes('tx-2')) throw new TypeError(`cannot read ${Buffer.from(data)}`);
      return decode(data, now);
    };
    const records = ['tx-1', 'tx-2', 'tx-3'].map((transactionId) =>
      record({ ...TRANSACTION, transactionId }, transactionId),
    );
    const { results, summary } = await transform(records, { ...dependencies, decode: broken });
    expect(results.map(({ metadata }) => metadata?.partitionKeys.kind)).toEqual([
      'transactions',
      'refused',
      'transactions',
    ]);
    expect(JSON.parse(text(results[1]?.data))).toEqual({
      reason: 'not-decoded',
      detail: 'the decoder failed on this record; its place in the stream is below',
      processing: { format: 2, ...PROVENANCE },
    });
    expect(summary).toEqual({ received: 3, archived: 2, refused: 1, dropped: 0, notDecoded: 1 });
    expect(failed.mock.calls).toEqual([
      [{ shardId: 'shardId-000000000003', sequenceNumber: '4954698668' }, expect.any(TypeError)],
    ]);
  });
});

describe('an answer', () => {
  it('stays below Lambda’s limit, for as many of the smallest transactions as Firehose hands over', async () => {
    const smallest = {
      ...TRANSACTION,
      transactionId: 'a',
      amount: 0,
      customerId: 'a',
      merchantId: 'a',
      paymentToken: 'a',
    };
    const count = Math.ceil((512 * 1024) / JSON.stringify(smallest).length);
    const { results } = await run(
      ...Array.from({ length: count }, (_, i) => record(smallest, `${i}`.padStart(56, '0'))),
    );
    const bytes = Buffer.byteLength(JSON.stringify({ records: results }));
    expect([count > 3_000, bytes < 4 * 1024 * 1024]).toEqual([true, true]);
  });

  it('stays below Lambda’s limit, whatever is refused', async () => {
    // as much as an event of 6 MiB could hold of the smallest records, with a transaction behind them
    const refusals = Array.from({ length: 15_000 }, (_, index) => record('{}', `${index}`.padStart(56, '0')));
    const { results, summary } = await run(...refusals, record(TRANSACTION, 'last'));
    expect(Buffer.byteLength(JSON.stringify({ records: results }))).toBeLessThan(6 * 1024 * 1024);
    expect(summary).toMatchObject({ received: 15_001, archived: 1 });
    expect(summary.refused + summary.dropped).toBe(15_000);
    const bytes = results.flatMap(({ metadata, data }) =>
      metadata?.partitionKeys.kind === 'refused' ? [(data ?? '').length] : [],
    );
    expect(bytes).toHaveLength(summary.refused);
    const total = bytes.reduce((sum, length) => sum + length, 0);
    expect(total).toBeLessThanOrEqual(MAX_REFUSAL_BYTES);
    expect(total).toBeGreaterThan(MAX_REFUSAL_BYTES - (bytes[0] ?? 0));
    expect(results.at(-2)).toEqual({ recordId: '14999'.padStart(56, '0'), result: 'Dropped' });
    expect(results.at(-1)).toMatchObject({ recordId: 'last', result: 'Ok' });
  });
});
