const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:[Zz]|[+-]\d\d:\d\d)$/;
/** Where the seconds end, and how long an offset is. */
const [SECONDS_END, OFFSET] = [19, 6];

const DAY_MS = 86_400_000;
const DAYS_OF_400_YEARS = 146_097;

/**
 * Reads an RFC 3339 time with its offset and at most milliseconds.
 *
 * @returns milliseconds since 1970-01-01T00:00:00Z, or undefined when the text is not such a time (leap seconds and
 * dates that no calendar has included).
 */
export function parseInstant(text: string): number | undefined {
  if (!RFC_3339.test(text)) return undefined;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 7);
  const day = digits(text, 8, 10);
  const hour = digits(text, 11, 13);
  const minute = digits(text, 14, 16);
  const second = digits(text, 17, SECONDS_END);
  const isUtc = text.at(-1) === 'Z' || text.at(-1) === 'z';
  const zone = text.length - (isUtc ? 1 : OFFSET);
  const milliseconds = zone === SECONDS_END ? 0 : digits(text, SECONDS_END + 1, zone) * 10 ** (SECONDS_END + 4 - zone);
  const offsetHours = isUtc ? 0 : digits(text, zone + 1, zone + 3);
  const offsetMinutes = isUtc ? 0 : digits(text, zone + 4, zone + 6);
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59 || offsetHours > 23 || offsetMinutes > 59) return undefined;
  const sign = text[zone] === '-' ? -1 : 1;
  // Date.UTC takes years below 100 for those of the twentieth century; 400 years have the same days, whenever they begin.
  const local = Date.UTC(year + 400, month - 1, day, hour, minute, second, milliseconds) - DAYS_OF_400_YEARS * DAY_MS;
  return local - sign * (offsetHours * 60 + offsetMinutes) * 60_000;
}

/** The number that these digits of a text are; a match's groups would be texts of their own first. */
function digits(text: string, from: number, to: number): number {
  let number = 0;
  for (let i = from; i < to; i++) number = number * 10 + text.charCodeAt(i) - 48;
  return number;
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
