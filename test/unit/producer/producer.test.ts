import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import {
  AccessError,
  ClosedError,
  type Outcome,
  Producer,
  type ProducerOptions,
  type ProducerRecord,
  RefusedRecordError,
  type Transport,
  UnavailableError,
} from '../../../producer';

const record = (name: string): ProducerRecord => ({ data: Buffer.from(name), partitionKey: name });
const nameOf = ({ data }: ProducerRecord) => Buffer.from(data).toString();
const REFUSED = new RefusedRecordError('BAD_REQUEST_BODY', 'refused');

/** What answers requests: keeps what it takes, and decides by the record's name and the number of the request. */
class FakeTransport implements Transport {
  readonly requests: string[][] = [];
  readonly takenNames: string[] = [];

  constructor(
    readonly decide: (name: string, request: number) => Outcome = () => 'taken',
    readonly limits = { records: 500, bytes: 5_000_000 },
  ) {}

  sizeOf({ data }: ProducerRecord): number {
    return data.byteLength;
  }

  put = async (records: readonly ProducerRecord[]): Promise<Outcome[]> => {
    const names = records.map(nameOf);
    const request = this.requests.push(names) - 1;
    return names.map((name) => {
      const outcome = this.decide(name, request);
      if (outcome === 'taken') this.takenNames.push(name);
      return outcome;
    });
  };
}

function producerTo(transport: Transport, options: Partial<ProducerOptions<ProducerRecord>> = {}) {
  const waits: number[] = [];
  const refused: string[] = [];
  const producer = new Producer({
    transport,
    onRefused: (given) => void refused.push(nameOf(given)),
    random: () => 1,
    wait: async (milliseconds) => void waits.push(milliseconds),
    ...options,
  });
  return { producer, waits, refused };
}

async function sendAll(producer: Producer, names: string[]): Promise<void> {
  for (const name of names) await producer.send(record(name));
  await producer.flush();
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `r${index}`);

test('a request has as many records and bytes as it may have, in the order in which they came', async () => {
  const transport = new FakeTransport(undefined, { records: 500, bytes: 2_000 });
  const { producer } = producerTo(transport);
  const names = [...numbered(1_200), 'x'.repeat(1_999), 'y', 'z'.repeat(1_000), 'last'];
  await sendAll(producer, names);
  expect(transport.takenNames).toEqual(names);
  expect(producer.taken).toBe(1_204);
  for (const request of transport.requests) {
    expect(request.length).toBeLessThanOrEqual(500);
    expect(request.join('').length).toBeLessThanOrEqual(2_000);
  }
  expect(transport.requests.at(-2)).toEqual(['x'.repeat(1_999), 'y']);
});

test('a record larger than a request is sent alone', async () => {
  const transport = new FakeTransport(undefined, { records: 500, bytes: 10 });
  await sendAll(producerTo(transport).producer, ['a', 'b'.repeat(11), 'c']);
  expect(transport.requests).toEqual([['a'], ['b'.repeat(11)], ['c']]);
});

test('only what was not taken is sent again, before anything else', async () => {
  const decide = (name: string, request: number): Outcome =>
    request < 2 && name.startsWith('a') ? { later: 'full' } : 'taken';
  const transport = new FakeTransport(decide, { records: 3, bytes: 1_000 });
  const { producer, waits } = producerTo(transport);
  await sendAll(producer, ['a1', 'b1', 'a2', 'd1']);
  expect(transport.requests).toEqual([['a1', 'b1', 'a2'], ['a1', 'a2'], ['a1', 'a2'], ['d1']]);
  expect(waits).toEqual([100, 200]);
  expect(producer.unsent).toEqual([]);
});

test('it waits ever longer, a random part of that, and gives up in the end with what remains', async () => {
  const transport = new FakeTransport((name) => (name === 'b' ? 'taken' : { later: 'full' }));
  const { producer, waits } = producerTo(transport, { maxFruitlessRequests: 8, random: () => 0.5 });
  await expect(sendAll(producer, ['a', 'b', 'c'])).rejects.toThrow(
    new UnavailableError(
      '8 requests on end were not taken (full); look at the stream, and send the 2 unsent records again',
    ),
  );
  expect(waits).toEqual([50, 100, 200, 400, 800, 1_500, 1_500, 1_500]);
  expect(producer.unsent.map(nameOf)).toEqual(['a', 'c']);
  expect(producer.taken).toBe(1);
  await expect(producer.send(record('d'))).rejects.toBeInstanceOf(UnavailableError);
});

test('progress of any record begins the count anew', async () => {
  let left = 12;
  const transport = new FakeTransport((name) => (name === `r${left - 1}` && left-- > 0 ? 'taken' : { later: 'full' }));
  const { producer } = producerTo(transport, { maxFruitlessRequests: 1 });
  await sendAll(producer, numbered(12));
  expect(producer.taken).toBe(12);
});

test('a record that is refused for good is handed back, and the others go on', async () => {
  const transport = new FakeTransport((name) => (name === 'b' ? { refused: REFUSED } : 'taken'));
  const { producer, refused } = producerTo(transport);
  await sendAll(producer, ['a', 'b', 'c']);
  expect(refused).toEqual(['b']);
  expect(transport.takenNames).toEqual(['a', 'c']);
  expect([producer.taken, producer.unsent]).toEqual([2, []]);
});

test('an error that sending again does not mend ends it at once', async () => {
  const denied = new AccessError('denied');
  const { producer, waits } = producerTo({
    limits: { records: 500, bytes: 1_000 },
    sizeOf: () => 1,
    put: async () => {
      throw denied;
    },
  });
  await expect(sendAll(producer, ['a'])).rejects.toBe(denied);
  expect(waits).toEqual([]);
  expect(producer.unsent.map(nameOf)).toEqual(['a']);
});

test('send waits while as many records or bytes wait as may', async () => {
  let answer = (_: 'taken') => {};
  const transport = new FakeTransport();
  const put = transport.put;
  transport.put = async (records) => {
    await new Promise<'taken'>((resolve) => {
      answer = resolve;
    });
    return put(records);
  };
  const { producer } = producerTo(transport, { maxQueuedRecords: 3, maxQueuedBytes: 10, lingerMs: 0 });
  let accepted = 0;
  const sending = (async () => {
    for (const name of ['a', 'b', 'c', 'd', 'x'.repeat(9), 'y'.repeat(2)]) {
      await producer.send(record(name));
      accepted++;
    }
  })();
  const states: number[] = [];
  for (let turn = 0; turn < 6; turn++) {
    for (let i = 0; i < 20; i++) await setImmediate();
    await new Promise((resolve) => setTimeout(resolve, 2));
    states.push(accepted);
    answer('taken');
  }
  await sending;
  // Three records; when they are taken, one byte and nine; only when those are taken, the next two bytes.
  expect([...new Set(states)]).toEqual([3, 5, 6]);
  answer('taken');
  await producer.flush();
  expect(producer.taken).toBe(6);
});

test('what does not fill a request waits for others, and then goes by itself', async () => {
  const transport = new FakeTransport();
  const { producer } = producerTo(transport, { lingerMs: 5 });
  await producer.send(record('a'));
  await producer.send(record('b'));
  expect(transport.requests).toEqual([]);
  while (producer.taken < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(transport.requests).toEqual([['a', 'b']]);
});

test('closing sends what waits, and takes nothing more', async () => {
  const transport = new FakeTransport();
  const { producer } = producerTo(transport, { lingerMs: 60_000 });
  await producer.send(record('a'));
  await producer.close();
  expect(transport.takenNames).toEqual(['a']);
  await expect(producer.send(record('b'))).rejects.toBeInstanceOf(ClosedError);
});

test('an abort ends waits and sends, and leaves what remains', async () => {
  const controller = new AbortController();
  const transport = new FakeTransport(() => ({ later: 'full' }));
  const { producer } = producerTo(transport, {
    signal: controller.signal,
    wait: (_, signal) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
  });
  await producer.send(record('a'));
  const flushed = producer.flush();
  await setImmediate();
  controller.abort(new Error('enough'));
  await expect(flushed).rejects.toThrow(new Error('enough'));
  await expect(producer.send(record('b'))).rejects.toThrow(new Error('enough'));
  expect(producer.unsent.map(nameOf)).toEqual(['a']);
});

test('an abort is told when the request on its way is answered, and then what remains is known', async () => {
  const controller = new AbortController();
  let answer = () => {};
  const transport = new FakeTransport((name) => (name === 'a' ? 'taken' : { later: 'full' }));
  const put = transport.put;
  transport.put = async (records) => {
    await new Promise<void>((resolve) => {
      answer = resolve;
    });
    return put(records);
  };
  const { producer } = producerTo(transport, { signal: controller.signal });
  await producer.send(record('a'));
  await producer.send(record('b'));
  let told = '';
  const closed = producer.close().catch((error: Error) => {
    told = error.message;
  });
  await setImmediate();
  controller.abort(new Error('enough'));
  for (let i = 0; i < 20; i++) await setImmediate();
  expect(told).toBe('');
  answer();
  await closed;
  expect([told, producer.taken, producer.unsent.map(nameOf)]).toEqual(['enough', 1, ['b']]);
  expect(transport.requests).toHaveLength(1);
});

test('whatever the other side does, each record is taken once, handed back or unsent, and keys keep their order', async () => {
  const outcome = fc.constantFrom<('taken' | 'later' | 'refused')[]>('taken', 'taken', 'later', 'refused');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 60 }),
      fc.array(outcome, { minLength: 1, maxLength: 200 }),
      fc.record({ records: fc.integer({ min: 1, max: 7 }), bytes: fc.integer({ min: 8, max: 60 }) }),
      fc.integer({ min: 1, max: 10 }),
      async (sizes, script, limits, maxQueuedRecords) => {
        let step = 0;
        const transport = new FakeTransport(() => {
          const next = script[step++ % script.length];
          return next === 'later' ? { later: 'full' } : next === 'refused' ? { refused: REFUSED } : 'taken';
        }, limits);
        const { producer, refused } = producerTo(transport, { maxQueuedRecords, maxFruitlessRequests: 4, lingerMs: 0 });
        const names = sizes.map((size, index) => `${index}`.padEnd(size, '.'));
        const accepted: string[] = [];
        try {
          for (const name of names) {
            await producer.send(record(name));
            accepted.push(name);
          }
          await producer.close();
        } catch (error) {
          expect(error).toBeInstanceOf(UnavailableError);
        }
        const unsent = producer.unsent.map(nameOf);
        expect([...transport.takenNames, ...refused, ...unsent].sort()).toEqual(accepted.sort());
        expect(producer.taken).toBe(transport.takenNames.length);
        for (const request of transport.requests) {
          expect(request.length).toBeLessThanOrEqual(limits.records);
          if (request.length > 1) expect(request.join('').length).toBeLessThanOrEqual(limits.bytes);
        }
        const first = transport.requests.flat().filter((name, index, all) => all.indexOf(name) === index);
        expect(first).toEqual(names.slice(0, first.length));
      },
    ),
    { numRuns: 300 },
  );
});
