import type { FirehoseTransformationEventRecord } from 'aws-lambda';
import { MAX_REFUSAL_BYTES, transform } from '../../../../processor/archive/transform';
import { decode } from '../../../../processor/decode';

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

const failed = jest.fn();
const run = (...records: FirehoseTransformationEventRecord[]) => transform(records, { decode, now: () => NOW, failed });

const text = (data?: string) => Buffer.from(data ?? '', 'base64').toString('utf8');
const PROVENANCE = {
  arrivedAt: '2026-04-01T00:30:02.000Z',
  archivedAt: '2026-04-01T00:35:00.000Z',
  shardId: 'shardId-000000000003',
  sequenceNumber: '4954698668',
};

afterEach(() => failed.mockReset());

describe('a transaction', () => {
  it('becomes one line: the contract’s form without unknown fields, and where it comes from', () => {
    const { results, summary } = run(
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
    expect(JSON.parse(line)).toEqual({
      transaction: {
        ...TRANSACTION,
        occurredAt: '2026-04-01T00:30:00.000Z',
        outcome: 'approved',
        ipAddress: '2001:db8::1',
        accountCreatedAt: '2024-11-03T12:00:00.000Z',
      },
      processing: { format: 1, contentHash: expect.stringMatching(/^[0-9a-f]{64}$/), ...PROVENANCE },
    });
    expect(summary).toEqual({ received: 1, archived: 1, refused: 0, dropped: 0, notDecoded: 0 });
  });

  it('can be put on a stream again as it is, and is the same one', () => {
    const sent = { ...TRANSACTION, accountCreatedAt: '2024-11-03T12:00:00Z', outcome: 'declined', declineReason: 'x' };
    const [result] = run(record(sent)).results;
    const { transaction, processing } = JSON.parse(text(result?.data));
    expect(decode(Buffer.from(JSON.stringify(transaction)), NOW)).toMatchObject({
      contentHash: processing.contentHash,
    });
  });

  it('is judged by the time of its arrival, so that a repetition comes to the same', () => {
    const ahead = { ...TRANSACTION, occurredAt: new Date(ARRIVAL + 5 * 60_000 + 1).toISOString() };
    expect(JSON.parse(text(run(record(ahead)).results[0]?.data)).reason).toBe('future:occurredAt');
  });

  it('has no place in the stream where Firehose tells none', () => {
    const { kinesisRecordMetadata: _, ...direct } = record(TRANSACTION);
    expect(JSON.parse(text(run(direct).results[0]?.data)).processing).toEqual({
      format: 1,
      contentHash: expect.any(String),
      arrivedAt: '2026-04-01T00:30:02.007Z',
      archivedAt: PROVENANCE.archivedAt,
    });
  });
});

describe('a record that is refused', () => {
  it('goes apart with its reason and what quarantine would keep', () => {
    const { results, summary } = run(record({ ...TRANSACTION, amount: '4980', note: 'gift' }));
    expect(results[0]).toMatchObject({ result: 'Ok', metadata: { partitionKeys: { kind: 'refused' } } });
    const { record: kept, ...line } = JSON.parse(text(results[0]?.data));
    expect(line).toEqual({
      reason: 'malformed:amount',
      detail: expect.stringMatching(/^amount: must be an integer .*; found a string of 4 characters$/),
      transactionId: 'tx-1',
      processing: { format: 1, ...PROVENANCE },
    });
    expect(JSON.parse(kept)).toEqual({ ...TRANSACTION, amount: '4980' });
    expect(summary).toEqual({ received: 1, archived: 0, refused: 1, dropped: 0, notDecoded: 0 });
  });

  it.each([
    ['in an unknown field', { ...TRANSACTION, note: `paid with ${CARD_NUMBER}` }],
    ['in a known field', { ...TRANSACTION, orderId: CARD_NUMBER }],
    ['in what is no JSON', `{"card": "${CARD_NUMBER}"`],
    ['in what is too large', JSON.stringify({ ...TRANSACTION, note: `${CARD_NUMBER} ${'x'.repeat(17_000)}` })],
  ])('shows no card number %s, in any field that Firehose would keep', (_, content) => {
    const { results, summary } = run(record(content));
    expect(summary.refused).toBe(1);
    expect(Object.keys(results[0] ?? {}).sort()).toEqual(['data', 'metadata', 'recordId', 'result']);
    expect(text(results[0]?.data)).not.toContain(CARD_NUMBER);
  });

  it('is never reported as failed, since Firehose keeps what failed as it came', () => {
    const contents = ['', '{', '[]', '{}', 'null', '\u0000', { ...TRANSACTION, amount: -1 }, CARD_NUMBER];
    const { results } = run(...contents.map((content, index) => record(content, `r-${index}`)));
    expect(results.map(({ recordId, result }) => `${recordId} ${result}`)).toEqual(
      contents.map((_content, index) => `r-${index} Ok`),
    );
  });
});

describe('a record that the decoder fails on', () => {
  it('is told by its place alone, and its batch goes on', () => {
    const broken = (data: Uint8Array, now: number) => {
      if (Buffer.from(data).includes('tx-2')) throw new TypeError(`cannot read ${Buffer.from(data)}`);
      return decode(data, now);
    };
    const records = ['tx-1', 'tx-2', 'tx-3'].map((transactionId) =>
      record({ ...TRANSACTION, transactionId }, transactionId),
    );
    const { results, summary } = transform(records, { decode: broken, now: () => NOW, failed });
    expect(results.map(({ metadata }) => metadata?.partitionKeys.kind)).toEqual([
      'transactions',
      'refused',
      'transactions',
    ]);
    expect(JSON.parse(text(results[1]?.data))).toEqual({
      reason: 'not-decoded',
      detail: 'the decoder failed on this record; its place in the stream is below',
      record: '',
      processing: { format: 1, ...PROVENANCE },
    });
    expect(summary).toEqual({ received: 3, archived: 2, refused: 1, dropped: 0, notDecoded: 1 });
    expect(failed.mock.calls).toEqual([
      [{ shardId: 'shardId-000000000003', sequenceNumber: '4954698668' }, expect.any(TypeError)],
    ]);
  });
});

describe('an answer', () => {
  it('stays below Lambda’s limit, whatever is refused', () => {
    // as much as an event of 6 MiB could hold of the smallest records, with a transaction behind them
    const refusals = Array.from({ length: 15_000 }, (_, index) => record('{}', `${index}`.padStart(56, '0')));
    const { results, summary } = run(...refusals, record(TRANSACTION, 'last'));
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
