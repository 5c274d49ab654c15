import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Part, replayHere, replayInThreads } from '../../../../scripts/replay/threads';
import { asRecord, HOUR, MINUTE, T0, transaction } from '../../../helpers/transactions';
import { ruleSetOf } from '../../processor/replay/rule-sets';

jest.setTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), 'tap-threads-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Five days of customers who come back every ten hours, in an order that is not quite that of time, and lines that are none. */
const RECORDS = 54_000;
const file = join(folder, 'transactions.ndjson');
beforeAll(() => {
  const lines = Array.from({ length: RECORDS }, (_, i) => {
    if (i % 5_000 === 4_999) return 'no transaction';
    const at = i ^ 3;
    const customerId = `c-${at % (RECORDS / 12)}`;
    const occurredAt = T0 + Math.floor((at * 120 * HOUR) / RECORDS);
    return JSON.stringify(asRecord(transaction({ transactionId: `tx-${at}`, occurredAt, customerId, amount: at })));
  });
  writeFileSync(file, lines.join('\n'));
});

const span: Part['span'] = {
  baseline: ruleSetOf('old', { 'customer-velocity': { count: 2, windowMinutes: 1440 } }),
  candidate: ruleSetOf('new', { 'customer-velocity': { count: 1, windowMinutes: 599 } }),
  examples: 20,
};

test('two threads come to the same as one', async () => {
  const part = { file, span: { ...span, from: T0 + 3 * HOUR, to: T0 + 119 * HOUR + MINUTE } };
  const one = await replayHere(part, () => undefined);
  const shown: number[] = [];
  expect(await replayInThreads(file, part.span, (_, taken) => shown.push(taken))).toEqual(one);
  // Every customer's third payment and those after it, 600 minutes apart: 4,500 by 10, less 442 that are after the span, and 26
  // that are no transaction or have one of those among the two before them.
  const { baseline, candidate, lost } = one.report.rules['customer-velocity'] ?? {};
  expect([baseline, candidate, lost]).toEqual([44_532, 0, 44_532]);
  expect(one.leftOut).toEqual({ 'not-json': 10 });
  // The 24 hours before the second part were taken by both.
  expect(shown.at(-1)).toBeGreaterThan(RECORDS + (0.9 * RECORDS) / 5);
});

test('what is wrong in a thread is the error', async () => {
  const broken = { ...span, baseline: { ...span.baseline, rules: {} as never } };
  await expect(replayInThreads(file, broken, () => undefined)).rejects.toThrow(
    "Cannot read properties of undefined (reading 'enabled')",
  );
});
