import { readFileSync } from 'node:fs';
import Ajv from 'ajv-draft-04';
import { Random } from '../../../local/feed/generator/random';
import { decode } from '../../../processor/decode';
import { SCHEMA_FILE, transactionJsonSchema } from '../../../scripts/schema';
import { mutant } from '../../helpers/mutations';
import { asRecord, FULL, T0 } from '../../helpers/transactions';

const RECORDS = 5_000;
const schema = JSON.parse(readFileSync(SCHEMA_FILE, 'utf8'));
const admits = new Ajv({ strict: false }).compile(schema);
const full = asRecord(FULL);
const parse = (data: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(data)); // as the contract does: without a byte order mark

test('the file is what `npm run schema` writes', () => {
  expect(schema).toEqual(transactionJsonSchema());
});

test('it is draft 4, and uses what API Gateway validates by', () => {
  const keywords = new Set<string>();
  const visit = ({ properties = {}, ...rest }: { properties?: Record<string, object> }) => {
    for (const keyword of Object.keys(rest)) keywords.add(keyword);
    for (const property of Object.values(properties)) visit(property);
  };
  visit(schema);
  expect(schema.$schema).toBe('http://json-schema.org/draft-04/schema#');
  expect([...keywords].sort()).toEqual(
    [
      '$schema',
      'default',
      'enum',
      'maxLength',
      'maximum',
      'minLength',
      'minimum',
      'pattern',
      'required',
      'type',
    ].sort(),
  );
});

test(`it admits every one of ${RECORDS} mutated records that the contract accepts, and refuses many that it does not`, () => {
  const random = new Random(20_261_121);
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  let accepted = 0;
  let refused = 0;
  for (let i = 0; i < RECORDS; i++) {
    const { data } = mutant(random);
    if ('transaction' in decode(data, T0)) {
      accepted++;
      if (!admits(parse(data))) throw new Error(`record ${i}: ${JSON.stringify(admits.errors)} ${data}`);
    } else {
      try {
        if (!admits(parse(data))) refused++;
      } catch {
        // no JSON at all
      }
    }
  }
  Error.stackTraceLimit = stackTraceLimit;
  expect(accepted).toBeGreaterThan(500);
  expect(refused).toBeGreaterThan(500);
});

test.each([
  ['occurredAt', '2026-04-01t09:30:00.5+09:00', true],
  ['occurredAt', '2026-04-01T09:30:00', false],
  ['occurredAt', '2026-04-01T09:30:00.1234Z', false],
  ['currency', 'XYZ', true],
  ['currency', 'jpy', false],
  ['billingCountry', 'JPN', false],
  ['merchantCategory', '🛒'.repeat(64), true],
  ['merchantCategory', '', false],
  ['merchantCategory', 'x'.repeat(129), false],
  ['ipAddress', '0000:0000:0000:0000:0000:ffff:255.255.255.255', true],
  ['ipAddress', 'shop.example', false],
  ['amount', 4980.5, false],
  ['amount', '4980', false],
  ['emailHash', 'AB'.repeat(32), true],
  ['customerId', '', false],
  ['channel', 'fax', false],
  ['note', { any: 'thing' }, true],
])('%s = %j is admitted: %p', (field, value, admitted) => {
  expect(admits({ ...full, [field]: value })).toBe(admitted);
});
