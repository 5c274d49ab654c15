import { InvalidRecordError, recordOf } from '../../../producer';
import { asRecord, FULL, T0 } from '../../helpers/transactions';

function problem(changes: object): InvalidRecordError {
  try {
    recordOf({ ...asRecord(FULL), ...changes }, T0);
  } catch (error) {
    if (error instanceof InvalidRecordError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

test('a transaction becomes a record under its customer', () => {
  const sent = asRecord(FULL);
  expect(recordOf(sent, T0)).toEqual({ data: Buffer.from(JSON.stringify(sent)), partitionKey: 'customer-1' });
});

test.each<[changes: object, field: string, message: string]>([
  [
    { amount: '4980' },
    'amount',
    "malformed: amount: must be an integer from 0 to 10^12 in the currency's minor unit (yen has none); found a string of 4 characters",
  ],
  [{ currency: undefined }, 'currency', 'missing: currency: is required'],
  [
    { location: { latitude: 91, longitude: 0 } },
    'location.latitude',
    'malformed: location.latitude: must be a number of degrees from -90 to 90; found an integer of 2 digits',
  ],
  [{ note: 'x'.repeat(16_384) }, 'data', 'too-large: a record has at most 16384 bytes; this one has 17159'],
  [
    { paymentToken: '4111111111111111' },
    'paymentToken',
    'card-number: paymentToken: holds 13 to 19 digits that pass the Luhn check; send a token or a keyed hash instead',
  ],
])('%# is refused for its field, limit and shape', (changes, field, message) => {
  const error = problem(changes);
  expect([error.field, error.message]).toEqual([field, message]);
});
