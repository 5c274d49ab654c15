const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,3}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

const DAY_MS = 86_400_000;
const DAYS_OF_400_YEARS = 146_097;

/**
 * Reads an RFC 3339 time with its offset and at most milliseconds.
 *
 * @returns milliseconds since 1970-01-01T00:00:00Z, or undefined when the text is not such a time (leap seconds and
 * dates that no calendar has included).
 */
export function parseInstant(text: string): number | undefined {
  const match = RFC_3339.exec(text);
  if (match === null) return undefined;
  const year = Number(match[1]);
  const month = Number(match[2]);
  const day = Number(match[3]);
  const hour = Number(match[4]);
  const minute = Number(match[5]);
  const second = Number(match[6]);
  const milliseconds = Number((match[7] ?? '').padEnd(3, '0'));
  const offsetHours = Number(match[9] ?? 0);
  const offsetMinutes = Number(match[10] ?? 0);
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59 || offsetHours > 23 || offsetMinutes > 59) return undefined;
  const sign = match[8] === '-' ? -1 : 1;
  // Date.UTC takes years below 100 for those of the twentieth century; 400 years have the same days, whenever they begin.
  const local = Date.UTC(year + 400, month - 1, day, hour, minute, second, milliseconds) - DAYS_OF_400_YEARS * DAY_MS;
  return local - sign * (offsetHours * 60 + offsetMinutes) * 60_000;
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
