import { Random } from '../../../local/feed/generator/random';
import { type Decoded, decode, MAX_RECORD_BYTES } from '../../../processor/decode';
import { TRANSACTION_FIELDS } from '../../../processor/transaction';
import { type Mutant, mutant } from '../../helpers/mutations';
import { T0 } from '../../helpers/transactions';

/** More records, or others, by the environment: FUZZ_RECORDS=10000000 FUZZ_SEED=7. */
const RECORDS = Number(process.env.FUZZ_RECORDS ?? 100_000);
const SEED = Number(process.env.FUZZ_SEED ?? 20_260_401);

const FIELD_PATHS = Object.entries(TRANSACTION_FIELDS).flatMap(([name, nested]) =>
  nested === true ? [name] : [name, ...Object.keys(nested).map((part) => `${name}.${part}`)],
);
/** `docs/transaction.md`, "Quarantine"; a conflict is found by the store. */
const REASONS = new RegExp(
  `^(too-large|not-utf8|not-json|not-an-object|too-deep|future:occurredAt|(missing|malformed):(${FIELD_PATHS.join('|')})|card-number:(an unknown field|[A-Za-z_][A-Za-z0-9_.]{0,63}))$`,
);
/** Everything that does not show or only spaces digits, written here once more so that the decoder's own list is checked. */
const INVISIBLE = /[\p{Z}\p{C}\p{M}\p{Pd}\u2212\u2043\ufffd]+/gu;

/** Whether the planted number can be read in a text: its digits in any script, with what does not show between them, and no other digit beside them. */
function shows(text: string, planted: string): boolean {
  if (/^[\0-[\]-\x7f]*$/.test(text) && !text.replace(/\D+/g, '').includes(planted)) return false;
  const digits = text
    .replace(/\\u([0-9a-f]{4})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/\\[bfnrt]/g, '')
    .normalize('NFKC')
    .replace(/[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u0e50-\u0e59]/g, (digit) =>
      String((digit.charCodeAt(0) - 6 * Number(digit >= '\u0966')) & 15),
    )
    .replace(INVISIBLE, '');
  return new RegExp(`(?<!\\d)${planted}(?!\\d)`).test(digits);
}

/** All that is stored of a record; a coordinate may have any decimals. */
function keptOf(decoded: Decoded): string {
  if ('reason' in decoded) return Object.values(decoded).join(' | ');
  return JSON.stringify({ ...decoded.transaction, location: undefined });
}

function check({ data, planted, readable }: Mutant): Decoded {
  const decoded = decode(data, T0);
  if ('reason' in decoded) {
    if (!REASONS.test(decoded.reason)) throw new Error(`the reason ${decoded.reason} is not documented`);
    const { record, detail } = decoded;
    if (!record.isWellFormed() || record.includes('\0')) throw new Error('the record cannot be stored');
    if (record.length > MAX_RECORD_BYTES + 1_024) throw new Error(`the record grew to ${record.length} characters`);
    if (detail.length > MAX_RECORD_BYTES + 1_024) throw new Error(`the detail grew to ${detail.length} characters`);
  }
  if (planted !== undefined) {
    if (readable && !('reason' in decoded && /^card-number:|^too-deep$/.test(decoded.reason))) {
      throw new Error('a card number in a value went unseen');
    }
    if (shows(keptOf(decoded), planted)) throw new Error('a card number is kept');
  }
  return decoded;
}

test(`${RECORDS} mutated records are accepted or refused with a documented reason, and no card number is kept`, () => {
  const random = new Random(SEED);
  // Most of the time would go into the stack traces of what is not JSON.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const seen = new Map<string, number>();
  for (let i = 0; i < RECORDS; i++) {
    const record = mutant(random);
    try {
      const decoded = check(record);
      const kind = 'reason' in decoded ? (decoded.reason.split(':')[0] as string) : 'accepted';
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
    } catch (error) {
      throw new Error(`seed ${SEED}, record ${i}: ${(error as Error).message}\n${record.data.toString('latin1')}`, {
        cause: error,
      });
    }
  }
  Error.stackTraceLimit = stackTraceLimit;
  // The mutations reach every branch; a kind that hardly occurs is not tested.
  for (const kind of [
    'accepted',
    'card-number',
    'malformed',
    'missing',
    'not-json',
    'not-utf8',
    'not-an-object',
    'too-deep',
    'too-large',
  ])
    expect({ kind, often: (seen.get(kind) ?? 0) >= RECORDS / 1_000 }).toEqual({ kind, often: true });
}, 3_600_000);

describe('what a record costs', () => {
  /** Characters and bytes that the decoder hands to the functions which work through them. */
  function work(text: string): number {
    const data = Buffer.from(text);
    const decoder = jest.spyOn(TextDecoder.prototype, 'decode');
    const parser = jest.spyOn(JSON, 'parse');
    const normaliser = jest.spyOn(String.prototype, 'normalize');
    decode(data, T0);
    const read = [...decoder.mock.calls, ...parser.mock.calls].map(([input]) => (input as string | Uint8Array).length);
    const normalised = normaliser.mock.contexts.map((text) => String(text).length);
    jest.restoreAllMocks();
    return [...read, ...normalised].reduce((sum, length) => sum + length, 0);
  }

  test.each<[string, (length: number) => string]>([
    ['digits in groups', (length) => `{"a":"${'1 '.repeat(length / 2)}"}`],
    ['one long run of digits', (length) => `{"a":"é${'1'.repeat(length)}"}`],
    ['digits with gaps', (length) => `{"a":"é${'1'.padEnd(1_300).repeat(length / 1_300)}"}`],
    ['fields with digits', (length) => `{${Array.from({ length: length / 24 }, (_, i) => `"f${i}":"4111111111111"`)}}`],
    ['deep nesting', (length) => '{"a":'.repeat(length / 5)],
    ['nesting that is closed', (length) => `{"a":${'['.repeat(length / 2)}${']'.repeat(length / 2)}}`],
    ['text that grows when it is normalised', (length) => `{"a":"${'\ufdfa'.repeat(length / 3)}`],
    ['nothing but opening quotes', (length) => '"'.repeat(length)],
  ])('%s: doubles with the size', (_, make) => {
    const [single, double] = [work(make(7_000)), work(make(14_000))];
    expect(single).toBeGreaterThan(0);
    expect(double / single).toBeLessThan(2.2);
  });

  test('is limited, however large the record is', () => {
    expect(work('1 '.repeat(5_000_000))).toBeLessThanOrEqual(8 * MAX_RECORD_BYTES);
  });
});
