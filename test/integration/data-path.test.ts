import { judged, lookup, put, refused, status, verify } from './operations';
import { eventually, freshId } from './stack';
import { MINUTE, transaction } from './transactions';

/** Passes the Luhn check; a number that the card schemes set aside for tests. */
const CARD_NUMBER = '4111111111111111';

jest.setTimeout(180_000);

/** Transactions of one customer, one a minute, each with a token of its own: the sixth within the hour is over the limit. */
function burst(count: number) {
  const customerId = freshId('customer');
  const start = Date.now() - 40 * MINUTE;
  return Array.from({ length: count }, (_, index) =>
    transaction({ customerId, occurredAt: new Date(start + index * MINUTE).toISOString() }),
  );
}

/** Waits until the current verdict is this one. */
function verdictBecomes(transactionId: string, decision: string) {
  return eventually(`the verdict ${decision} on ${transactionId}`, async () => {
    const [verdict] = (await lookup(transactionId)).verdicts;
    return verdict?.decision === decision ? verdict : undefined;
  });
}

test('a transaction on the stream is stored and gets a verdict that anyone can recompute', async () => {
  const sent = transaction();
  await put(sent);
  const found = await judged(sent.transactionId);
  expect(found.transaction).toMatchObject({ transactionId: sent.transactionId, amount: 4980, currency: 'JPY' });
  expect(found.verdicts[0]).toMatchObject({ decision: 'allow', score: 0, reasons: [] });
  expect(await verify(sent.transactionId)).toMatchObject({ identical: true, late: false });
});

test('a customer’s sixth transaction within the hour is reviewed, with the evidence', async () => {
  const sent = burst(6);
  await put(...sent);
  const last = sent.at(-1)?.transactionId ?? '';
  const verdict = await verdictBecomes(last, 'review');
  expect(verdict.reasons).toContainEqual(
    expect.objectContaining({ rule: 'customer-velocity', observed: 6, limit: 5, windowMinutes: 60 }),
  );
  expect(await verify(last)).toMatchObject({ identical: true });
});

test('a duplicate changes nothing', async () => {
  const sent = transaction();
  const after = transaction({ customerId: sent.customerId, occurredAt: new Date().toISOString() });
  await put(sent);
  const before = await judged(sent.transactionId);
  await put(sent, after);
  await judged(after.transactionId);
  expect(await lookup(sent.transactionId)).toEqual(before);
  expect(await verify(after.transactionId)).toMatchObject({ identical: true });
});

test('another content under the same id is refused, and the first one stays', async () => {
  const sent = transaction();
  await put(sent);
  await judged(sent.transactionId);
  await put({ ...sent, amount: 9999 });
  const found = await refused(sent.transactionId);
  expect(found.quarantine.map(({ reason }) => reason)).toEqual(['conflict:transactionId']);
  expect(found.transaction?.amount).toBe(4980);
});

test('a bad record is quarantined with its reason, and its batch goes on', async () => {
  const bad = transaction({ amount: '4980' });
  const good = transaction({ customerId: bad.customerId });
  await put(bad, good);
  const found = await refused(bad.transactionId);
  expect(found.quarantine.map(({ reason }) => reason)).toEqual(['malformed:amount']);
  expect(found.transaction).toBeUndefined();
  expect((await judged(good.transactionId)).transaction?.transactionId).toBe(good.transactionId);
});

test('what is no JSON is counted in quarantine', async () => {
  const before = (await status()).last24Hours.quarantined.byReason['not-json'] ?? 0;
  await put(`{"transactionId": "${freshId('tx')}", `);
  const after = await eventually('the count of the unreadable record', async () => {
    const count = (await status()).last24Hours.quarantined.byReason['not-json'] ?? 0;
    return count > before ? count : undefined;
  });
  expect(after).toBeGreaterThan(before);
});

test('a record with a card number is refused, and the number is nowhere to be seen', async () => {
  const sent = transaction({ note: `paid with ${CARD_NUMBER.replace(/(....)(?=.)/g, '$1 ')}` });
  await put(sent);
  const found = await refused(sent.transactionId);
  expect(found.quarantine.map(({ reason }) => reason)).toEqual(['card-number:note']);
  expect(found.transaction).toBeUndefined();
  expect(JSON.stringify(found).replaceAll(/[ -]/g, '')).not.toContain(CARD_NUMBER);
});

test('an earlier transaction that arrives last changes the verdict on the later ones', async () => {
  const sent = burst(6);
  const [first, ...later] = sent as [(typeof sent)[0], ...typeof sent];
  const last = sent.at(-1)?.transactionId ?? '';
  await put(...later.toReversed());
  expect((await judged(last)).verdicts[0]?.decision).toBe('allow');
  await put(first);
  const verdict = await verdictBecomes(last, 'review');
  expect(verdict.triggeredBy).toBe(first.transactionId);
  for (const { transactionId } of sent) expect(await verify(transactionId)).toMatchObject({ identical: true });
});
