import * as z from 'zod';
import { defineOperation } from './operation';

/** Most keys that one request may name. */
export const MOST_KEYS = 2_000;

const NUMBER = 'must be the number of a key, 16 bytes in Base64';
const NUMBERS = `must be a list of 1 to ${MOST_KEYS} numbers of keys`;

/** The keys that lines of the archive of a day name; one that is missing was destroyed, and the line with it. */
export const archiveKeys = defineOperation({
  by: 'operator',
  request: {
    day: z.iso.date('must be the day of arrival, as 2026-04-01'),
    numbers: z
      .array(z.string(NUMBER).regex(/^[A-Za-z0-9+/]{22}==$/, NUMBER), NUMBERS)
      .min(1, NUMBERS)
      .max(MOST_KEYS, NUMBERS),
  },
  async run({ day, numbers }, { database }) {
    const { rows } = await database.query<{ number: Buffer; key: Buffer }>(
      'SELECT number, key FROM tap.archive_keys_by($1, $2)',
      [day, numbers.map((number) => Buffer.from(number, 'base64'))],
    );
    return {
      keys: Object.fromEntries(rows.map(({ number, key }) => [number.toString('base64'), key.toString('base64')])),
    };
  },
});
