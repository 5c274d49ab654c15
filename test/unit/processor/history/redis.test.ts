import { layouts, packRecord } from '../../../../processor/history/record';
import { EXPIRY_SECONDS, RedisHistoryStore } from '../../../../processor/history/redis';
import { Timeline } from '../../../../processor/history/timeline';
import { HOUR, T0, transaction } from '../../../helpers/transactions';

/** Stands in for the client; what the scripts do is tested against a server in test/stores. */
function client(replies: unknown[] = []) {
  const calls: { keys: string[]; arguments: (string | Buffer)[] }[] = [];
  const self = {
    withTypeMapping: () => self,
    eval: async (_: string, options: (typeof calls)[number]) => {
      calls.push(options);
      return replies.shift();
    },
  };
  return { calls, store: new RedisHistoryStore(self as never) };
}

const packed = (kind: 'customer' | 'token', t = transaction()) => packRecord(kind, layouts[kind].record(t) as never);

test('appends a batch in one call, each record to each of its entities, in order', async () => {
  const [a, b] = [transaction({ transactionId: 'a' }), transaction({ transactionId: 'b', paymentToken: 'token-2' })];
  const { calls, store } = client([
    [Buffer.concat([packed('customer', a), packed('customer', b)]), packed('token', a), packed('token', b)],
  ]);
  const snapshot = await store.append([a, b]);
  expect(calls).toEqual([
    {
      keys: ['history:customer:customer-1', 'history:token:token-1', 'history:token:token-2'],
      arguments: [
        '90300',
        Buffer.concat([packed('customer', a), packed('customer', b)]),
        packed('token', a),
        packed('token', b),
      ],
    },
  ]);
  expect(EXPIRY_SECONDS).toBe(25 * 3600 + 300);
  expect([...snapshot].map(([key, timeline]) => [key, timeline.appended])).toEqual([
    ['history:customer:customer-1', 2],
    ['history:token:token-1', 1],
    ['history:token:token-2', 1],
  ]);
});

test('reads each entity once and appends nothing', async () => {
  const { calls, store } = client([[packed('customer'), null]]);
  const snapshot = await store.read([transaction(), transaction({ transactionId: 'tx-2' })]);
  expect(calls).toEqual([
    {
      keys: ['history:customer:customer-1', 'history:token:token-1'],
      arguments: ['90300', Buffer.alloc(0), Buffer.alloc(0)],
    },
  ]);
  expect([...snapshot.values()].map(({ appended }) => appended)).toEqual([1, 0]);
});

test('asks nothing of the server where there is nothing to ask', async () => {
  const { calls, store } = client();
  expect(await store.read([])).toEqual(new Map());
  await store.trim(new Map([['history:customer:customer-1', Timeline.parse('customer', packed('customer'))]]));
  expect(calls).toEqual([]);
});

test('trims in one call what is mostly stale', async () => {
  const days = Array.from({ length: 120 }, (_, i) =>
    packed('customer', transaction({ transactionId: `tx-${i}`, occurredAt: T0 + i * HOUR })),
  );
  const whole = Buffer.concat(days);
  const timeline = Timeline.parse('customer', whole);
  const { calls, store } = client();
  await store.trim(
    new Map([
      ['history:customer:a', timeline],
      ['history:customer:b', Timeline.parse('customer', packed('customer'))],
    ]),
  );
  expect(calls).toEqual([
    { keys: ['history:customer:a'], arguments: [String(whole.length), whole.subarray(0, 13), timeline.trim()?.packed] },
  ]);
});
