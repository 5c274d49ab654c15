import { refusalLine, transactionLine } from '../../../../processor/archive/line';
import { numberOf } from '../../../../processor/archive/seal';
import { openLines } from '../../../../scripts/archive/reader';
import { FULL } from '../../../helpers/transactions';

const KEYS = [1, 2, 3].map((byte) => Buffer.alloc(32, byte)) as [Buffer, Buffer, Buffer];
const on = (day: number) => ({
  arrivedAt: `2026-04-0${day}T12:00:00.000Z`,
  archivedAt: `2026-04-0${day}T12:05:00.000Z`,
});
const REFUSAL = { reason: 'not-json', detail: 'd', record: '{"customerId":"c"}' };

/** Knows the first two keys on every day. */
const ask = jest.fn(async (request: object) => {
  const { day, numbers } = request as { day: string; numbers: string[] };
  const known = KEYS.slice(0, 2).map((key) => [numberOf(key, day), key.toString('base64')] as const);
  return { keys: Object.fromEntries(known.filter(([number]) => numbers.includes(number))) };
});

async function read(...texts: string[]) {
  const lines = (async function* () {
    for (const text of texts) yield text.trimEnd();
  })();
  const written: string[] = [];
  const summary = await openLines(lines, ask, (line) => void written.push(line));
  return { summary, lines: written.map((line) => JSON.parse(line)) };
}

beforeEach(() => ask.mockClear());

test('lines are opened with the keys of their days, in their order; one whose key is gone is erased', async () => {
  const accepted = { transaction: FULL, contentHash: 'h' };
  const { summary, lines } = await read(
    transactionLine(accepted, on(1), KEYS[0]),
    transactionLine(accepted, on(2), KEYS[2]),
    refusalLine(REFUSAL, on(2), KEYS[1]),
    refusalLine(REFUSAL, on(2)),
    transactionLine(accepted, on(1), KEYS[0]),
  );
  expect(summary).toEqual({ lines: 5, opened: 3, erased: 1, plain: 1 });
  const { occurredAt, accountCreatedAt } = FULL as Required<typeof FULL>;
  const whole = {
    ...FULL,
    occurredAt: new Date(occurredAt).toISOString(),
    accountCreatedAt: new Date(accountCreatedAt).toISOString(),
  };
  expect(lines[0]).toEqual({ transaction: whole, processing: { format: 2, contentHash: 'h', ...on(1) } });
  expect(lines[4]).toEqual(lines[0]);
  expect([lines[1].erased, lines[1].transaction.amount, lines[1].transaction.customerId, lines[1].personal]).toEqual([
    true,
    FULL.amount,
    undefined,
    undefined,
  ]);
  expect(lines[2]).toEqual({ ...REFUSAL, processing: { format: 2, ...on(2) } });
  expect(lines[3]).toEqual({ reason: 'not-json', detail: 'd', processing: { format: 2, ...on(2) } });
  expect(ask.mock.calls.map(([request]) => request)).toEqual([
    { action: 'archive-keys', day: '2026-04-01', numbers: [numberOf(KEYS[0], '2026-04-01')] },
    {
      action: 'archive-keys',
      day: '2026-04-02',
      numbers: [numberOf(KEYS[2], '2026-04-02'), numberOf(KEYS[1], '2026-04-02')],
    },
  ]);
});

test('more keys than one request may name are asked for in several', async () => {
  const texts = Array.from({ length: 4_001 }, (_, i) => {
    const key = Buffer.alloc(32);
    key.writeUInt32BE(i);
    return refusalLine(REFUSAL, on(1), key);
  });
  expect((await read(...texts)).summary).toEqual({ lines: 4_001, opened: 0, erased: 4_001, plain: 0 });
  expect(ask.mock.calls.map(([request]) => (request as { numbers: string[] }).numbers.length)).toEqual([
    2_000, 2_000, 1,
  ]);
});

test.each(['{"customerId":"c"}', 'null', '{', '{"processing":{}}'])(
  '%s is refused without being quoted',
  async (text) => {
    const line = refusalLine(REFUSAL, on(1));
    await expect(read(line, text)).rejects.toThrow(
      new Error('line 2 is none of the archive; give files of its folders transactions/ and refused/'),
    );
  },
);
