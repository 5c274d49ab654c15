import { createHash } from 'node:crypto';
import { holdsCardNumber } from '../../../processor/card-number';
import { decode, MAX_NESTING, MAX_RECORD_BYTES } from '../../../processor/decode';
import { TRANSACTION_FIELDS } from '../../../processor/transaction';
import { codeBlocks, plain, readDocument, tableOf } from './document';

const document = readDocument('docs/transaction.md');
const fields = tableOf(document, '| field | required | form | canonical form |');
/** The document without line breaks. */
const text = document.replaceAll(/\s+/g, ' ');
const NOW = Date.UTC(2026, 3, 2);

function decodeText(record: string) {
  return decode(Buffer.from(record), NOW);
}

const [example] = codeBlocks(document, 'json');
const full = JSON.parse(example as string) as Record<string, unknown>;

describe('docs/transaction.md', () => {
  test('names every field of the contract, in its order', () => {
    expect(fields.map(([field]) => plain(field as string))).toEqual(Object.keys(TRANSACTION_FIELDS));
  });

  test('says of every field whether it is required', () => {
    const required = fields.map(([field]) => {
      const name = plain(field as string);
      const rest = Object.fromEntries(Object.entries(full).filter(([other]) => other !== name));
      const decoded = decodeText(JSON.stringify(rest));
      return 'reason' in decoded ? (decoded.reason === `missing:${name}` ? 'yes' : decoded.reason) : 'no';
    });
    expect(required).toEqual(fields.map(([, isRequired]) => isRequired));
  });

  test('shows a record that is accepted as it stands', () => {
    const times = { occurredAt: Date.UTC(2026, 3, 1, 0, 30), accountCreatedAt: Date.UTC(2024, 10, 3, 12) };
    expect(decodeText(example as string)).toMatchObject({ transaction: { ...full, ...times } });
  });

  test('shows NDJSON whose every line is accepted', () => {
    const lines = (codeBlocks(document, 'ndjson')[0] as string).trim().split('\n');
    expect(lines.map((line) => decodeText(line)).map((decoded) => 'transaction' in decoded)).toEqual([true, true]);
  });

  test('lists every reason of quarantine, in the order in which they are checked', () => {
    const deep = { ...full, note: { a: { b: { c: {} } } } };
    const records: [string, string][] = [
      ['too-large', ' '.repeat(MAX_RECORD_BYTES + 1)],
      ['not-json', '{'],
      ['not-an-object', '[]'],
      ['too-deep', JSON.stringify(deep)],
      ['card-number:note', JSON.stringify({ ...full, note: '4111 1111 1111 1111' })],
      ['missing:amount', JSON.stringify({ ...full, amount: undefined })],
      ['malformed:amount', JSON.stringify({ ...full, amount: null })],
      ['future:occurredAt', JSON.stringify({ ...full, occurredAt: new Date(NOW + 300_001).toISOString() })],
    ];
    const reasons = records.map(([, record]) => decodeText(record)).map((d) => ('reason' in d ? d.reason : 'accepted'));
    expect(reasons).toEqual(records.map(([reason]) => reason));
    expect(decode(Uint8Array.of(0xff), NOW)).toMatchObject({ reason: 'not-utf8' });
    expect(readDocument('processor/migrations/0001_initial.sql')).toContain("'conflict:transactionId'");

    const documented = tableOf(document, '| reason | when |').map(([reason]) => plain(reason as string));
    const kinds = ['too-large', 'not-utf8', ...reasons.slice(1), 'conflict:transactionId'];
    const general = (reason: string) => reason.replace(/^(card-number|missing|malformed):.*/, '$1:<field>');
    expect(documented).toEqual(kinds.map(general));
  });

  test('names the limits of size and nesting', () => {
    expect(document).toContain(
      `A record has at most ${MAX_RECORD_BYTES / 1024} KiB, and at most ${MAX_NESTING} levels`,
    );
  });

  test('says how many hashes and UUIDs are refused by chance', () => {
    const numbers = Array.from({ length: 100_000 }, (_, index) => String(index + 1));
    const hashes = numbers.map((number) => createHash('sha256').update(number).digest('hex'));
    const uuids = hashes.map(
      (hash) =>
        `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-${'89ab'[Number(`0x${hash[16]}`) % 4]}${hash.slice(17, 20)}-${hash.slice(20, 32)}`,
    );
    const refused = (values: string[]) => values.filter((value) => holdsCardNumber(value)).length;
    const [, ...documented] = /numbers 1 to 100,000, (\d+) hashes and (\d+) UUIDs/.exec(text) ?? [];
    expect(documented.map(Number)).toEqual([refused(hashes), refused(uuids)]);
  });

  test('says what makes no difference to the identity', () => {
    const respelled = Object.entries({
      ...full,
      occurredAt: '2026-04-01T00:30:00Z',
      ipAddress: '2001:0DB8:0:0:0:0:0:1',
      note: 'unknown',
    }).reverse();
    const decoded = decodeText(JSON.stringify(Object.fromEntries(respelled)));
    expect(decoded).toEqual(decodeText(example as string));
    expect(decoded).toHaveProperty('contentHash');
  });
});
