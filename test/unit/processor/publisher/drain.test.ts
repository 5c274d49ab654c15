import fc from 'fast-check';
import {
  type Alert,
  BATCH_BYTES,
  type Drained,
  drain,
  type Outbox,
  type Topic,
} from '../../../../processor/publisher/drain';

const always = () => true;

function alert(id: number, customerId: string, content = '{}'): Alert {
  return { id: String(id), customerId, transactionId: `tx-${id}`, revision: 1, content };
}

/** An outbox of these alerts; `loseMarks` lets the next so many confirmations be lost, as a crash between the two does. */
class FakeOutbox implements Outbox {
  readonly published = new Set<string>();
  loseMarks = 0;

  constructor(readonly alerts: Alert[]) {}

  async oldest(limit: number, withoutCustomers: readonly string[]): Promise<Alert[]> {
    return this.alerts
      .filter(({ id, customerId }) => !this.published.has(id) && !withoutCustomers.includes(customerId))
      .slice(0, limit);
  }

  async markPublished(ids: readonly string[]): Promise<void> {
    if (this.loseMarks-- > 0) throw new Error('the connection broke');
    for (const id of ids) this.published.add(id);
  }
}

/** A topic that refuses some alerts. */
class FakeTopic implements Topic {
  readonly batches: Alert[][] = [];
  readonly taken: Alert[] = [];

  constructor(private readonly refuses: (alert: Alert) => boolean = () => false) {}

  async publish(batch: readonly Alert[]): Promise<string[]> {
    this.batches.push([...batch]);
    const taken = batch.filter((candidate) => !this.refuses(candidate));
    this.taken.push(...taken);
    return taken.map(({ id }) => id);
  }
}

async function run(outbox: Outbox, topic: Topic, goOn = always): Promise<Drained> {
  const drained = { published: 0, failed: 0 };
  await drain(outbox, topic, drained, goOn);
  return drained;
}

const ids = (alerts: readonly Alert[]) => alerts.map(({ id }) => id);

test('publishes ten customers in one request, and each customer’s alerts in order', async () => {
  const customers = Array.from({ length: 11 }, (_, index) => `c-${index}`);
  const topic = new FakeTopic();
  const outbox = new FakeOutbox([...customers.map((customer, index) => alert(index, customer)), alert(11, 'c-0')]);
  expect(await run(outbox, topic)).toEqual({ published: 12, failed: 0 });
  expect(topic.batches.map(ids)).toEqual([
    ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    ['10', '11'],
  ]);
  expect(outbox.published.size).toBe(12);
});

test('a refused alert holds up what follows of its customer, and nobody else', async () => {
  const outbox = new FakeOutbox([alert(1, 'a'), alert(2, 'b'), alert(3, 'a'), alert(4, 'b'), alert(5, 'a')]);
  const topic = new FakeTopic(({ id }) => id === '3');
  expect(await run(outbox, topic)).toEqual({ published: 3, failed: 1 });
  expect(ids(topic.taken)).toEqual(['1', '2', '4']);
  expect([...outbox.published]).toEqual(['1', '2', '4']);

  const later = new FakeTopic();
  expect(await run(outbox, later)).toEqual({ published: 2, failed: 0 });
  expect(ids(later.taken)).toEqual(['3', '5']);
});

test('what was published but not written down is published again, as the same alert', async () => {
  const outbox = new FakeOutbox([alert(1, 'a'), alert(2, 'a')]);
  outbox.loseMarks = 1;
  const topic = new FakeTopic();
  await expect(run(outbox, topic)).rejects.toThrow('the connection broke');
  await run(outbox, topic);
  expect(topic.taken.map(({ transactionId, revision }) => `${transactionId}:${revision}`)).toEqual([
    'tx-1:1',
    'tx-1:1',
    'tx-2:1',
  ]);
});

test('counts what was done before the topic went away', async () => {
  const outbox = new FakeOutbox([alert(1, 'a'), alert(2, 'a')]);
  const topic = new FakeTopic();
  const publish = topic.publish.bind(topic);
  topic.publish = async (batch) => {
    if (topic.batches.length === 1) throw new Error('the topic is away');
    return publish(batch);
  };
  const drained = { published: 0, failed: 0 };
  await expect(drain(outbox, topic, drained, always)).rejects.toThrow('the topic is away');
  expect(drained).toEqual({ published: 1, failed: 0 });
});

test('a request holds 256 KiB of UTF-8', async () => {
  const kanji = (count: number) => '円'.repeat(count); // three bytes each
  const two = [alert(1, 'a', kanji(43_690)), alert(2, 'b', kanji(43_691))];
  const batches = async (third: string) => {
    const topic = new FakeTopic();
    await run(new FakeOutbox([...two, alert(3, 'c', third)]), topic);
    return topic.batches.map(ids);
  };
  expect(await batches('0')).toEqual([['1', '2', '3']]);
  expect(await batches('00')).toEqual([['1', '2'], ['3']]);
});

test('an alert that no request can hold is not sent, and holds up its customer alone', async () => {
  const outbox = new FakeOutbox([alert(1, 'a', 'x'.repeat(BATCH_BYTES + 1)), alert(2, 'a'), alert(3, 'b')]);
  const topic = new FakeTopic();
  expect(await run(outbox, topic)).toEqual({ published: 1, failed: 1 });
  expect(ids(topic.taken)).toEqual(['3']);
});

test('ends between two requests when the time is up', async () => {
  const outbox = new FakeOutbox([alert(1, 'a'), alert(2, 'a'), alert(3, 'a')]);
  let asked = 0;
  expect(await run(outbox, new FakeTopic(), () => asked++ < 2)).toEqual({ published: 2, failed: 0 });
  expect([...outbox.published]).toEqual(['1', '2']);
});

test('an alert that turns up behind those already read goes before its customer’s next one', async () => {
  const outbox = new FakeOutbox(Array.from({ length: 500 }, (_, index) => alert(index + 10, `c-${index}`)));
  outbox.alerts.push(alert(600, 'a'));
  const topic = new FakeTopic();
  const publish = topic.publish.bind(topic);
  topic.publish = (batch) => {
    if (topic.batches.length === 0) outbox.alerts.unshift(alert(1, 'a')); // committed while the first page is at work
    return publish(batch);
  };
  await run(outbox, topic);
  expect(ids(topic.taken.filter(({ customerId }) => customerId === 'a'))).toEqual(['1', '600']);
});

test('whatever is refused and however often it breaks off, each customer receives its alerts in order, all in the end', async () => {
  const customers = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(customers, fc.infiniteStream(fc.boolean()), fc.nat(5), async (owners, refusals, lost) => {
      const outbox = new FakeOutbox(owners.map((customer, index) => alert(index, customer)));
      outbox.loseMarks = lost;
      const moody = new FakeTopic(() => refusals.next().value as boolean);
      for (let attempt = 0; attempt < 5; attempt++) await run(outbox, moody).catch(() => undefined);
      const calm = new FakeTopic();
      for (let attempt = 0; attempt < 6; attempt++) await run(outbox, calm).catch(() => undefined);
      const received = [...moody.taken, ...calm.taken];
      for (const customer of ['a', 'b', 'c', 'd']) {
        const own = received.filter(({ customerId }) => customerId === customer).map(({ id }) => Number(id));
        const firsts = own.filter((id, index) => own.indexOf(id) === index);
        expect(firsts).toEqual(owners.flatMap((owner, index) => (owner === customer ? [index] : [])));
      }
    }),
  );
});
