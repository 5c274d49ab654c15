import { code as currencyByCode } from 'currency-codes';
import * as z from 'zod';

/** A whole number from `minimum` to `maximum`. */
export function whole(minimum: number, maximum: number, unit = '') {
  const error = `set a whole number${unit && ` of ${unit}`} from ${minimum} to ${maximum}`;
  return z
    .number({ error })
    .refine((value) => Number.isInteger(value) && value >= minimum && value <= maximum, { error, abort: true });
}

/** A number above `minimum`, at most `maximum`. */
export function above(minimum: number, maximum: number) {
  const error = `set a number above ${minimum}, at most ${maximum}`;
  return z.number({ error }).refine((value) => value > minimum && value <= maximum, { error, abort: true });
}

/** An object with exactly the keys of `shape`. */
export function exactly<Shape extends z.ZodRawShape>(shape: Shape) {
  const keys = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? `remove it; known here are ${keys}` : `set an object with ${keys}`,
  });
}

/** Length of a window of event time: histories reach back 24 hours. */
export const windowMinutes = whole(1, 1440, 'minutes');

/** The greatest number of anything that does not fire. */
export const count = whole(1, 1_000_000);

/** The least number of observations that a rule judges on. */
export const minimumSample = whole(1, 1_000_000);

/** Amounts by currency, in minor units. A currency without an amount is not judged. */
export const amounts = z
  .record(
    z.string().refine((key) => currencyByCode(key)?.code === key),
    whole(0, 1_000_000_000_000, 'minor units'),
    {
      error: (issue) =>
        issue.code === 'invalid_key'
          ? 'use an ISO 4217 code in capitals, such as JPY'
          : 'set an object of amounts by currency, such as {"JPY": 100000}',
    },
  )
  .refine((value) => Object.keys(value).length > 0, {
    error: 'name at least one currency; to turn the rule off, set enabled to false',
  });
