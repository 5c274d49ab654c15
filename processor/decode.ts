import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import type * as z from 'zod';
import { holdsCardNumber, maskDigits, mayHoldCardNumber } from './card-number';
import { TRANSACTION_FIELDS, transactionSchema } from './transaction';
import type { Transaction } from './types';

/** Longest record accepted, bytes of UTF-8. */
export const MAX_RECORD_BYTES = 16 * 1024;
/** Deepest nesting accepted; the record itself is the first level. */
export const MAX_NESTING = 4;
/** How far ahead of the clock an event time may be, milliseconds: what clocks of producers are allowed to disagree. */
export const MAX_AHEAD_MS = 5 * 60_000;

const UTF_8 = new TextDecoder();
const FIELD_NAME = /^[A-Za-z_][A-Za-z0-9_.]{0,63}$/;

/** A record that did not become a transaction, in the form that quarantine keeps. */
export interface Rejection {
  /** What is wrong and with which field, as `missing:amount`; free of values, so it can be counted and logged. */
  reason: string;
  /** The limit, the shape of what was found and the fix; free of values. */
  detail: string;
  /** The transaction's id, where it is valid. */
  transactionId?: string;
  /** The record's known fields as JSON without offending values, or its text without long runs of digits. */
  record: string;
}

/** An accepted record: the transaction and the SHA-256 of its canonical form in hexadecimal, which tells a duplicate from a conflict. */
export interface Accepted {
  transaction: Transaction;
  contentHash: string;
}

export type Decoded = Accepted | Rejection;

/**
 * Decodes one record of the stream under the contract of `docs/transaction.md`. Never throws on bad input.
 *
 * @param data the record's bytes
 * @param now the clock, milliseconds since 1970-01-01T00:00:00Z; only the check for future times uses it
 */
export function decode(data: Uint8Array, now: number): Decoded {
  // What is cut off an overlong record would not be kept, and is not worked on either.
  const text = UTF_8.decode(data.subarray(0, 2 * MAX_RECORD_BYTES));
  const unreadable = (reason: string, detail: string): Rejection => ({
    reason,
    detail,
    record: maskDigits(text).replaceAll('\0', '\uFFFD').slice(0, MAX_RECORD_BYTES).toWellFormed(),
  });
  if (data.byteLength > MAX_RECORD_BYTES) {
    return unreadable('too-large', `a record has at most ${MAX_RECORD_BYTES} bytes; this one has ${data.byteLength}`);
  }
  if (!isUtf8(data)) return unreadable('not-utf8', 'a record is JSON in UTF-8; this one has bytes that are not UTF-8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return unreadable('not-json', `a record is one JSON object; these ${data.byteLength} bytes are not JSON`);
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return unreadable('not-an-object', `a record is one JSON object; this one is ${shapeOf(value)}`);
  }

  const reject = (reason: string, detail: string): Rejection => {
    const record = storable(value, TRANSACTION_FIELDS);
    const { success, data: transactionId } = transactionSchema.shape.transactionId.safeParse(record.transactionId);
    return { reason, detail, ...(success && { transactionId }), record: JSON.stringify(record) };
  };
  if (nestsDeeperThan(value, MAX_NESTING)) {
    return reject('too-deep', `a record has at most ${MAX_NESTING} levels of nesting`);
  }
  const exposed =
    mayHoldCardNumber(text) && mayHoldCardNumber(withoutLocation(text, value)) ? fieldsWithCardNumbers(text) : [];
  if (exposed.length > 0) {
    return reject(
      `card-number:${exposed[0]}`,
      `${exposed.join(', ')}: holds 13 to 19 digits that pass the Luhn check; send a token or a keyed hash instead`,
    );
  }
  const parsed = transactionSchema.safeParse(value);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => ({
      field: path.join('.'),
      message,
      found: at(value, path),
    }));
    const [first] = issues as [(typeof issues)[number]];
    return reject(
      `${first.found === undefined ? 'missing' : 'malformed'}:${first.field}`,
      issues
        .map(({ field, message, found }) =>
          found === undefined ? `${field}: is required` : `${field}: ${message}; found ${shapeOf(found)}`,
        )
        .join('; '),
    );
  }
  const transaction: Transaction = parsed.data;
  if (transaction.occurredAt > now + MAX_AHEAD_MS) {
    return reject(
      'future:occurredAt',
      "occurredAt: is more than 5 minutes ahead of the clock; check the producer's clock and offset",
    );
  }
  return { transaction, contentHash: hash('sha256', JSON.stringify(transaction)) };
}

/** A number as it was written: 19 digits do not fit a double. */
class WrittenNumber {
  constructor(
    readonly value: number,
    readonly source: string,
  ) {}
}

const LOCATION = /"location"\s*:\s*\{\s*"l(?:at|ong)itude"\s*:\s*[-.\d]+\s*,\s*"l(?:at|ong)itude"\s*:\s*[-.\d]+\s*\}/;

/** The text without the record's own valid location: coordinates often have as many decimals as a card number has digits. */
function withoutLocation(text: string, { location }: { location?: unknown }): string {
  const { latitude, longitude } = Object(location) as { latitude: number; longitude: number };
  const isOnlyOne = text.indexOf('"location"') === text.lastIndexOf('"location"');
  const isValid = isNumericField('location.latitude', latitude) && isNumericField('location.longitude', longitude);
  return isOnlyOne && isValid ? text.replace(LOCATION, '""') : text;
}

/** Names of the fields that hold a card number; a number that is a valid amount or coordinate is not looked at. */
function fieldsWithCardNumbers(text: string): string[] {
  const keepSource = (_key: string, value: unknown, context: { source: string }) =>
    typeof value === 'number' ? new WrittenNumber(value, context.source) : value;
  const found = new Set<string>();
  const visit = (value: unknown, path: string) => {
    if (typeof value === 'string') {
      if (holdsCardNumber(value)) found.add(printable(path));
    } else if (value instanceof WrittenNumber) {
      if (isNumericField(path, value.value)) return;
      if (holdsCardNumber(value.source) || holdsCardNumber(String(value.value))) found.add(printable(path));
    } else if (value !== null && typeof value === 'object') {
      for (const [key, part] of Object.entries(value)) visit(part, path === '' ? key : `${path}.${key}`);
    }
  };
  visit(JSON.parse(text, keepSource as (key: string, value: unknown) => unknown), '');
  return [...found];
}

/** By path; a map, since a sender's field may have the name of anything that an object inherits. */
const NUMERIC_FIELDS = new Map<string, z.ZodType<number>>([
  ['amount', transactionSchema.shape.amount],
  ['location.latitude', transactionSchema.shape.location.unwrap().shape.latitude],
  ['location.longitude', transactionSchema.shape.location.unwrap().shape.longitude],
]);

function isNumericField(path: string, value: number): boolean {
  return NUMERIC_FIELDS.get(path)?.safeParse(value).success ?? false;
}

/** An unknown field's name is the sender's text too: it is shown only where it looks like a name. */
function printable(path: string): string {
  return FIELD_NAME.test(path) && countDigits(path) < 13 ? path : 'an unknown field';
}

type Fields = { readonly [name: string]: Fields | true };

/** The known fields of a refused record, without values that could hold a card number or anything nested that the contract does not name. */
function storable(value: object, fields: Fields, parent = ''): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, found] of Object.entries(value)) {
    const known = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (known === undefined) continue;
    if (found !== null && typeof found === 'object') {
      const nested = known !== true && !Array.isArray(found);
      kept[name] = nested ? storable(found, known, `${name}.`) : `[${shapeOf(found)}]`;
    } else {
      kept[name] = mayExpose(`${parent}${name}`, found) ? '[removed]' : found;
    }
  }
  return kept;
}

function mayExpose(path: string, value: unknown): boolean {
  if (typeof value === 'number') return !isNumericField(path, value) && countDigits(String(value)) >= 13;
  return typeof value === 'string' && holdsCardNumber(value);
}

function countDigits(text: string): number {
  return text.replace(/\D/g, '').length;
}

function nestsDeeperThan(value: unknown, levels: number): boolean {
  if (value === null || typeof value !== 'object') return false;
  if (levels === 0) return true;
  for (const key in value) if (nestsDeeperThan((value as Record<string, unknown>)[key], levels - 1)) return true;
  return false;
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

/** What a value looks like, without the value. */
function shapeOf(value: unknown): string {
  if (typeof value === 'string') return `a string of ${[...value].length} characters`;
  if (typeof value === 'number')
    return Number.isInteger(value)
      ? `an integer of ${String(Math.abs(value)).length} digits`
      : 'a number with decimals';
  if (typeof value === 'boolean') return 'a boolean';
  if (value === null) return 'null';
  return Array.isArray(value) ? `an array of ${value.length}` : 'an object';
}
