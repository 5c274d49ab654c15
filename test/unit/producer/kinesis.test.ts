import type { PutRecordsCommand, PutRecordsOutput } from '@aws-sdk/client-kinesis';
import { AccessError, InvalidRecordError, KinesisTransport } from '../../../producer';

const record = (partitionKey: string, data: string | Buffer = partitionKey) => ({
  data: Buffer.from(data),
  partitionKey,
});

function transportTo(answer: (input: PutRecordsCommand['input']) => Partial<PutRecordsOutput>) {
  return new KinesisTransport({ send: async ({ input }: PutRecordsCommand) => answer(input) } as never, 'transactions');
}

test('puts data and keys on the stream, and tells which record it took', async () => {
  let put: PutRecordsCommand['input'] | undefined;
  const transport = transportTo((input) => {
    put = input;
    return { Records: [{ SequenceNumber: '1' }, { ErrorCode: 'ProvisionedThroughputExceededException' }] };
  });
  expect(await transport.put([record('a'), record('b'), record('c')])).toEqual([
    'taken',
    { later: 'ProvisionedThroughputExceededException' },
    { later: 'no answer' },
  ]);
  expect(put).toEqual({
    StreamName: 'transactions',
    Records: ['a', 'b', 'c'].map((name) => ({ Data: Buffer.from(name), PartitionKey: name })),
  });
});

const failing = (error: object) =>
  transportTo(() => {
    throw Object.assign(new Error('4111111111111111'), error);
  });

test.each([
  { name: 'ProvisionedThroughputExceededException', $fault: 'client' },
  { name: 'KMSThrottlingException', $fault: 'client' },
  { name: 'LimitExceededException', $fault: 'client' },
  { name: 'InternalFailureException', $fault: 'server' },
  { name: 'TimeoutError' },
])('after $name a request is made again', async (error) => {
  expect(await failing(error).put([record('a'), record('b')])).toEqual([{ later: error.name }, { later: error.name }]);
});

test.each(['AccessDeniedException', 'ResourceNotFoundException', 'KMSAccessDeniedException'])(
  'after %s it is not, and the error says what is needed',
  async (name) => {
    const error = await failing({ name, $fault: 'client' })
      .put([record('a')])
      .catch((thrown) => thrown);
    expect(error).toBeInstanceOf(AccessError);
    expect(error.message).toBe(
      `the stream transactions: ${name}; the caller must be allowed kinesis:PutRecords on it and kms:GenerateDataKey on its key; assume the producer role`,
    );
  },
);

test('a record counts with its key, and what no stream takes is refused before', () => {
  const transport = transportTo(() => ({}));
  expect(transport.sizeOf(record('é', 'data'))).toBe(6);
  expect(transport.sizeOf(record('k', Buffer.alloc(1_048_575)))).toBe(1_048_576);
  expect(() => transport.sizeOf(record('k', Buffer.alloc(1_048_576)))).toThrow(
    new InvalidRecordError(
      'data',
      'data: 1048576 bytes; with its key a record has at most 1048576; a transaction has at most 16384, leave out what is not of the contract',
    ),
  );
  for (const key of ['', 'k'.repeat(257)]) {
    expect(() => transport.sizeOf(record(key, 'x'))).toThrow(
      new InvalidRecordError('partitionKey', `partitionKey: ${key.length} characters; 1 to 256; use customerId`),
    );
  }
});
