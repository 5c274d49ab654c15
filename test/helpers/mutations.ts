import type { Random } from '../../local/feed/generator/random';
import { asRecord, FULL, transaction } from './transactions';

/** A record that a producer might have got wrong. */
export interface Mutant {
  data: Buffer;
  /** Digits of a card number that was put in. */
  planted?: string;
  /** The number stands whole in a value of well-formed JSON. */
  readable: boolean;
}

const RECORDS = [
  asRecord(transaction()),
  asRecord({ ...FULL, merchantCategory: 'bücher 🛒', ipAddress: '::ffff:192.0.2.1' }),
  { ...asRecord(transaction({ customerId: 'c-2' })), note: 'x', extra: { deep: ['a', { b: 1 }] } },
];
const FIELDS = [...new Set(RECORDS.flatMap((record) => Object.keys(record)))];
const ODD_NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'then',
  '',
  'a.b',
  'カード',
  'x'.repeat(99),
];
const ODD_JSON = [
  ...['null', 'true', '-0', '1e308', '1e400', '-1e999', '9007199254740993', '0.1e-400', `1${'0'.repeat(400)}`, '1e12'],
  ...[
    '1000000000001',
    '12.5',
    '""',
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\u0000"',
    '"\\u202e\\u0007"',
    '"\ufdfa\ufdfa"',
  ],
  ...['[]', '{}', '[[[[[[]]]]]]', '{"a":{"b":{"c":{"d":{}}}}}', '{"__proto__":{"amount":1}}', `"${'é'.repeat(70)}"`],
  ...[
    '"2026-02-30T00:00:00Z"',
    '"2099-01-01T00:00:00Z"',
    '"+275760-09-13T00:00:00Z"',
    '"::ffff:999.0.0.1"',
    '"1::2::3"',
  ],
];
const ODD_BYTES = [0x00, 0x7f, 0x80, 0xc0, 0xed, 0xa0, 0xf5, 0xff, 0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x2c];
/** The zeros of scripts whose digits follow each other: Arabic, Persian, Devanagari, Thai, full-width, mathematical. */
const ZEROS = [0x30, 0x30, 0x30, 0x660, 0x6f0, 0x966, 0xe50, 0xff10, 0x1d7ce];
const BETWEEN = [
  '',
  '',
  ' ',
  '-',
  '  ',
  ' - ',
  '\u2013',
  '\u2212',
  '\u00a0',
  '\u3000',
  '\u200b',
  '\u00ad',
  '\u2060',
  '\ufe0f\u20e3',
];
const ESCAPED_BETWEEN = ['\\n', '\\t', '\\u0000', '\\u200d', '\\r\\n'];

/** 13 to 19 digits that pass the Luhn check, the first of them not 0. */
export function cardNumber(random: Random): string {
  const payload = Array.from(String(1e9 + random.integer(0, 9e9 - 1)) + (1e8 + random.integer(0, 9e8 - 1)))
    .slice(0, 12 + random.integer(0, 6))
    .map(Number);
  const sum = payload.toReversed().reduce((total, digit, i) => {
    const value = i % 2 === 0 ? digit * 2 : digit;
    return total + Math.floor(value / 10) + (value % 10);
  }, 0);
  return [...payload, (10 - (sum % 10)) % 10].join('');
}

/** The number as it stands in the text of JSON: in one script or several, in groups, with escapes. */
function spell(random: Random, digits: string): string {
  const zero = random.pick(ZEROS);
  const groups = random.chance(0.5) ? 4 : 1 + random.integer(0, 18);
  const between = random.pick(random.chance(0.8) ? BETWEEN : ESCAPED_BETWEEN);
  const escaped = random.chance(0.1);
  const mixed = random.chance(0.2);
  return [...digits]
    .map((digit, i) => {
      const character = String.fromCodePoint((mixed && i % 3 === 0 ? 0x30 : zero) + Number(digit));
      const written =
        escaped && character.length === 1 ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : character;
      return i > 0 && i % groups === 0 ? between + written : written;
    })
    .join('');
}

function plant(random: Random, text: string): Mutant {
  const planted = cardNumber(random);
  const spelt = spell(random, planted);
  const mutant = (changed: string, readable = true): Mutant => ({ data: Buffer.from(changed), planted, readable });
  const open = text.slice(0, -1);
  const value = random.pick([`"${spelt}"`, `"card ${spelt}, 12/27"`, `"\\"${spelt}\\""`, planted, `-${planted}`]);
  const name = random.pick(['note', 'pan', ...ODD_NAMES.slice(0, 5)]);
  switch (random.integer(0, 6)) {
    case 0:
      return mutant(`${open},"${random.pick(FIELDS)}":${value}}`);
    case 1:
      return mutant(`${open},"${name}":${value}}`);
    case 2:
      return mutant(`${open},"extra":{"a":[0,${value}]}}`);
    case 3:
      return mutant(`${open},"location":{"latitude":${value},"longitude":1}}`);
    case 4: // deeper than is looked at
      return mutant(`${open},"a":{"b":{"c":{"d":[${value}]}}},"customerId":${value}}`, false);
    case 5: // as a name, which is never kept
      return mutant(`${open},"${spelt}":1}`, false);
    default: // anywhere
      return mutant(splice(random, text, ` ${random.chance(0.3) ? planted : spelt} `), false);
  }
}

function splice(random: Random, text: string, part: string): string {
  const at = random.integer(0, text.length);
  return text.slice(0, at) + part + text.slice(at + (random.chance(0.5) ? random.integer(0, 7) : 0));
}

/** Changes to the text of a record, and to its bytes. */
const TEXT: ((random: Random, text: string) => string)[] = [
  (random, text) => text.slice(0, random.integer(0, text.length - 1)),
  (random, text) => splice(random, text, random.pick(ODD_JSON)),
  (random, text) => `${text.slice(0, -1)},"${random.pick(FIELDS)}":${random.pick(ODD_JSON)}}`,
  (random, text) => `{"${random.pick(ODD_NAMES)}":${random.pick(ODD_JSON)},${text.slice(1)}`,
  (random, text) => text.replace(new RegExp(`"${random.pick(FIELDS)}":`), `"${random.pick(ODD_NAMES)}":`),
  (random, text) => splice(random, text, text.slice(random.integer(0, text.length - 1))),
  (random) => `{"a":${'[{"a":'.repeat(random.integer(0, random.chance(0.1) ? 2_000 : 20 - 1))}${random.pick(ODD_JSON)}`,
  (random, text) =>
    text.replace('{', `{"a":${'['.repeat(1 + random.integer(0, 7))}1${']'.repeat(1 + random.integer(0, 7))},`),
  (random, text) => text + ' '.repeat(random.chance(0.1) ? 16_384 - text.length + random.integer(0, 2) - 1 : 1),
  (random, text) => random.pick(['', ' ', `[${text}]`, JSON.stringify(text), `\ufeff${text}`, random.pick(ODD_JSON)]),
];
const BYTES: ((random: Random, data: Buffer) => Buffer)[] = [
  (random, data) => {
    for (let flips = 1 + random.integer(0, 2); flips > 0; flips--) {
      const at = random.integer(0, data.length - 1);
      data[at] = (data[at] as number) ^ (1 << random.integer(0, 7));
    }
    return data;
  },
  (random, data) => {
    data[random.integer(0, data.length - 1)] = random.pick(ODD_BYTES);
    return data;
  },
  (random, data) => data.subarray(random.integer(0, data.length - 1)),
  (random, data) => data.subarray(0, random.integer(0, data.length - 1)),
  (random, data) =>
    Buffer.concat([data, Buffer.from([random.pick(ODD_BYTES)]), data.subarray(random.integer(0, data.length - 1))]),
  (random, data) => Buffer.from(data.toString(), random.pick(['utf16le', 'latin1'])),
];

/** A valid record with one to three changes, half of them with a card number put in. */
export function mutant(random: Random): Mutant {
  let text = JSON.stringify(random.pick(RECORDS));
  let changed: Mutant = { data: Buffer.from(text), readable: true };
  if (random.chance(0.2)) text = random.pick(TEXT.slice(2, 5))(random, text);
  if (random.chance(0.5)) changed = plant(random, text);
  else changed = { data: Buffer.from(random.pick(TEXT)(random, text)), readable: false };
  if (changed.data.length === 0 || random.chance(0.5)) return changed;
  return { ...changed, data: random.pick(BYTES)(random, changed.data), readable: false };
}
