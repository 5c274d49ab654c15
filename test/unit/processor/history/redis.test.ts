import type { Generation } from '../../../../processor/history/history';
import { layouts, packRecord } from '../../../../processor/history/record';
import { RedisHistoryStore } from '../../../../processor/history/redis';
import type { Reply } from '../../../../processor/history/resp';
import { ADVANCE, APPEND_AND_READ, REPLACE } from '../../../../processor/history/scripts';
import { HOUR, T0, transaction } from '../../../helpers/transactions';

const MARKER_KEY = 'history:generation';
const FIRST: Generation = { number: 1, completeAfter: Number.NEGATIVE_INFINITY };
const EXPIRY = '90300';

/**
 * Stands in for the server: answers scripts with what is given while its marker is the one they were sent, with the marker
 * otherwise. What the scripts do is tested against a server in test/stores.
 */
function server(replies: Reply[] = [], marker = '') {
  const calls: (string | Buffer)[][] = [];
  const state = { marker, id: 'aa', usable: true, begins: [] as number[], begun: true };
  const connection = {
    get usable() {
      return state.usable;
    },
    close() {
      state.usable = false;
    },
    async call(words: (string | Buffer)[]): Promise<Reply> {
      if (words[0] === 'INFO') return Buffer.from(`# Replication\r\nrole:master\r\nmaster_replid:${state.id}\r\n`);
      if (words[0] === 'GET') return state.marker === '' ? null : Buffer.from(state.marker);
      calls.push(words.slice(1));
      const [, script, keys] = words;
      if (script === ADVANCE) {
        if (words[4] === state.marker) state.marker = String(words[5]);
        return null;
      }
      if (words[3 + Number(keys)] !== state.marker || state.marker === '')
        return state.marker === '' ? null : Buffer.from(state.marker);
      return replies.shift() as Reply;
    },
  };
  const connect = jest.fn(async () => {
    state.usable = true;
    return connection as never;
  });
  const store = new RedisHistoryStore({
    connect,
    async beginGeneration(known) {
      state.begins.push(known);
      return { generation: { ...FIRST, number: known + 1 }, begun: state.begun };
    },
    allowedLatenessMs: HOUR,
  });
  return { calls, connect, state, store };
}

const packed = (kind: 'customer' | 'token', t = transaction()) => packRecord(kind, layouts[kind].record(t) as never);

test('appends a batch in one call, each record to each of its entities, in order', async () => {
  const [a, b] = [transaction({ transactionId: 'a' }), transaction({ transactionId: 'b', paymentToken: 'token-2' })];
  const both = Buffer.concat([packed('customer', a), packed('customer', b)]);
  const { calls, store } = server([[both, packed('token', a), packed('token', b)]], '1 - aa');
  const snapshot = await store.append([a, b]);
  expect(calls.at(-1)).toEqual([
    APPEND_AND_READ,
    '4',
    ...[MARKER_KEY, 'history:2:customer:customer-1', 'history:2:token:token-1', 'history:2:token:token-2'],
    ...['1 - aa', EXPIRY, '', String(T0 - 25 * HOUR), both, packed('token', a), packed('token', b)],
  ]);
  expect(snapshot.generation).toEqual(FIRST);
  expect([...snapshot.timelines].map(([key, { appended }]) => [key, appended])).toEqual([
    ['history:2:customer:customer-1', 2],
    ['history:2:token:token-1', 1],
    ['history:2:token:token-2', 1],
  ]);
});

test('who is late in a batch does not keep what the others have trimmed, but keeps what it takes itself', async () => {
  const { calls, store } = server([[]], '1 - aa');
  const at = (transactionId: string, hours: number) =>
    transaction({ transactionId, customerId: transactionId, occurredAt: T0 + hours * HOUR });
  await store.append([at('a', 0), at('in-time', -1), at('late', -1.001), at('b', 1)]);
  expect(calls.at(-1)?.slice(9, 12)).toEqual([EXPIRY, String(25 * HOUR), String(T0 - 26 * HOUR)]);
});

test('reads each entity once and appends nothing; of no transactions it reads the generation', async () => {
  const { calls, store } = server([[packed('customer'), null], []], '1 - aa');
  const { timelines } = await store.read([transaction(), transaction({ transactionId: 'tx-2' })]);
  expect(calls.at(-1)?.slice(2)).toEqual([
    ...[MARKER_KEY, 'history:2:customer:customer-1', 'history:2:token:token-1'],
    ...['1 - aa', EXPIRY, '', '', Buffer.alloc(0), Buffer.alloc(0)],
  ]);
  expect([...timelines.values()].map(({ appended }) => appended)).toEqual([1, 0]);
  expect(await store.read([])).toEqual({ generation: FIRST, timelines: new Map(), places: new Map() });
});

test('asks which server it is once, and again only when the marker is another', async () => {
  const { calls, state, store } = server([[], [], []], '1 - aa');
  await store.read([]);
  await store.read([]);
  state.marker = '2 7 aa';
  expect((await store.read([])).generation).toEqual({ number: 2, completeAfter: 7 });
  // Each first call and each with an old marker is made twice.
  expect(calls).toHaveLength(5);
  expect(state.begins).toEqual([]);
});

test.each([
  ['no marker', '', 0],
  ['the marker of another server', '6 - bb', 6],
])('begins a generation where there is %s, and marks with it what it saw', async (_, marker, known) => {
  const { calls, state, store } = server([[]], marker);
  expect((await store.read([])).generation.number).toBe(known + 1);
  expect(state.begins).toEqual([known]);
  expect(calls).toContainEqual([ADVANCE, '1', MARKER_KEY, marker, `${known + 1} - aa`]);
});

test('never marks with a generation that another began, whose marker it waits for', async () => {
  const { calls, state, store } = server([[]], '');
  state.begun = false;
  setTimeout(() => {
    state.marker = '9 - aa';
  }, 150);
  expect((await store.read([])).generation.number).toBe(9);
  expect(state.begins).toEqual([0]);
  expect(calls.some(([script]) => script === ADVANCE)).toBe(false);
});

test('begins the next one where whoever began one never marks with it', async () => {
  const { state, store } = server([[]], '');
  state.begun = false;
  setTimeout(() => {
    state.begun = true;
  }, 250);
  expect((await store.read([])).generation.number).toBe(2);
  expect(state.begins).toEqual([0, 1]);
});

test('another connection may be to another server with the same marker', async () => {
  const { connect, state, store } = server([[], []], '1 - aa');
  await store.read([]);
  state.usable = false;
  state.id = 'bb';
  expect((await store.read([])).generation.number).toBe(2);
  expect(state.begins).toEqual([1]);
  expect(connect).toHaveBeenCalledTimes(2);
});

test('calls that come at once share one connection, and a failed call gives it up', async () => {
  const { connect, state, store } = server([[], [], new Error('READONLY') as never, []], '1 - aa');
  await Promise.all([store.read([]), store.read([])]);
  expect(connect).toHaveBeenCalledTimes(1);
  jest.spyOn(await connect.mock.results[0]?.value, 'call').mockRejectedValueOnce(new Error('READONLY'));
  await expect(store.read([])).rejects.toThrow('READONLY');
  expect(state.usable).toBe(false);
});

test('a server that says nothing of its replication is refused', async () => {
  const { state, store } = server([[]], '1 - aa');
  state.id = '';
  await expect(store.read([])).rejects.toThrow('INFO replication has no master_replid');
});

test('advances from exactly one generation to another, on the same server', async () => {
  const { calls, store } = server([], '1 - aa');
  await store.advance(FIRST, { number: 2, completeAfter: T0 });
  expect(calls).toEqual([[ADVANCE, '1', MARKER_KEY, '1 - aa', `2 ${T0} aa`]]);
});

test('restores what histories lack, and once more where a history was changed meanwhile', async () => {
  const [a, b] = [transaction({ transactionId: 'a' }), transaction({ transactionId: 'b', occurredAt: T0 + 1 })];
  const replies: Reply[] = [[packed('customer', b), null], [0, 1], [packed('customer', b), null], [1]];
  const { calls, store } = server(replies, '1 - aa');
  expect(await store.restore([b, a])).toBe(3);
  const both = (kind: 'customer' | 'token') => Buffer.concat([packed(kind, a), packed(kind, b)]);
  const [first, second] = calls.filter(([script]) => script === REPLACE);
  expect(first?.slice(3)).toEqual([
    ...['history:2:customer:customer-1', 'history:2:token:token-1', '1 - aa', '90300'],
    ...[packed('customer', b), both('customer'), Buffer.alloc(0), both('token')],
  ]);
  expect(second?.slice(3)).toEqual([
    ...['history:2:customer:customer-1', '1 - aa', '90300', packed('customer', b), both('customer')],
  ]);
});
