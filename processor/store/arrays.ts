/**
 * Arrays as PostgreSQL takes them in binary, which costs both sides a fraction of what text or JSON does: `pg` sends a Buffer
 * as it is. One dimension from 1; `undefined` is NULL, and an array of nothing but that is empty, which `unnest` beside
 * longer ones fills with NULL.
 */
const HEADER_BYTES = 20;
const EMPTY = 12;
const NULL = -1;

const OID = { bool: 16, bytea: 17, int8: 20, int2: 21, int4: 23, text: 25, float8: 701, date: 1082, timestamptz: 1184 };

/** 2000-01-01T00:00:00Z, from which PostgreSQL counts, milliseconds since 1970. */
const EPOCH_MS = 946_684_800_000;
const TWO_32 = 2 ** 32;

type Values<T> = readonly (T | undefined)[];

export function textArray(values: Values<string>): Buffer {
  let bytes = 0;
  for (const value of values) if (value !== undefined) bytes += value.length * 3;
  return pack(OID.text, values, bytes, (value, into, offset) => into.write(value, offset, 'utf8'));
}

/** @param values in hexadecimal */
export function byteaArray(values: Values<string>): Buffer {
  let bytes = 0;
  for (const value of values) if (value !== undefined) bytes += value.length;
  return pack(OID.bytea, values, bytes, (value, into, offset) => into.write(value, offset, 'hex'));
}

/** @param values integers of at most 53 bits */
export function int8Array(values: Values<number>): Buffer {
  return pack(OID.int8, values, 8 * values.length, (value, into, offset) => {
    into.writeInt32BE(Math.floor(value / TWO_32), offset);
    into.writeUInt32BE(value >>> 0, offset + 4);
    return 8;
  });
}

export function int4Array(values: Values<number>): Buffer {
  return pack(OID.int4, values, 4 * values.length, (value, into, offset) => into.writeInt32BE(value, offset) - offset);
}

export function int2Array(values: Values<number>): Buffer {
  return pack(OID.int2, values, 2 * values.length, (value, into, offset) => into.writeInt16BE(value, offset) - offset);
}

export function float8Array(values: Values<number>): Buffer {
  return pack(
    OID.float8,
    values,
    8 * values.length,
    (value, into, offset) => into.writeDoubleBE(value, offset) - offset,
  );
}

export function boolArray(values: Values<boolean>): Buffer {
  return pack(
    OID.bool,
    values,
    values.length,
    (value, into, offset) => into.writeUInt8(Number(value), offset) - offset,
  );
}

/** @param values days since 1970-01-01 */
export function dateArray(values: Values<number>): Buffer {
  return pack(
    OID.date,
    values,
    4 * values.length,
    (value, into, offset) => into.writeInt32BE(value - EPOCH_MS / 86_400_000, offset) - offset,
  );
}

/** @param values milliseconds since 1970-01-01T00:00:00Z */
export function timestamptzArray(values: Values<number>): Buffer {
  return pack(OID.timestamptz, values, 8 * values.length, (value, into, offset) => {
    // Microseconds have more than 53 bits: the halves are multiplied one by one.
    const milliseconds = value - EPOCH_MS;
    const low = (milliseconds >>> 0) * 1000;
    into.writeInt32BE(Math.floor(milliseconds / TWO_32) * 1000 + Math.floor(low / TWO_32), offset);
    into.writeUInt32BE(low >>> 0, offset + 4);
    return 8;
  });
}

function pack<T>(
  oid: number,
  values: Values<T>,
  bytes: number,
  write: (value: T, into: Buffer, offset: number) => number,
): Buffer {
  const into = Buffer.allocUnsafe(HEADER_BYTES + 4 * values.length + bytes);
  let offset = HEADER_BYTES;
  let nulls = 0;
  for (const value of values) {
    if (value === undefined) {
      offset = into.writeInt32BE(NULL, offset);
      nulls++;
    } else {
      const length = write(value, into, offset + 4);
      into.writeInt32BE(length, offset);
      offset += 4 + length;
    }
  }
  const empty = nulls === values.length;
  into.writeInt32BE(empty ? 0 : 1, 0);
  into.writeInt32BE(nulls > 0 && !empty ? 1 : 0, 4);
  into.writeInt32BE(oid, 8);
  if (empty) return into.subarray(0, EMPTY);
  into.writeInt32BE(values.length, 12);
  into.writeInt32BE(1, 16);
  return into.subarray(0, offset);
}
