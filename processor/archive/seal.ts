import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
/** As NIST SP 800-38D has it for random ones: a key may then seal 2^32 lines. */
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Of a SHA-256: enough that no two keys share a number. */
const NUMBER_BYTES = 16;

/** What of a line names a customer, under the customer's key. */
export interface Sealed {
  /** Number of the key, Base64. It is another one every day, so that lines of two days do not show that they are of one customer. */
  key: string;
  /** Initialisation vector, JSON under AES-256-GCM, and its tag, Base64. */
  sealed: string;
}

/** The number of a key on a day, as 2026-04-01; PostgreSQL computes it as well (`tap.archive_keys_by`). */
export function numberOf(key: Uint8Array, day: string): string {
  return hash('sha256', Buffer.concat([key, Buffer.from(day)]), 'buffer')
    .subarray(0, NUMBER_BYTES)
    .toString('base64');
}

/** @param line what tells the line from all others, which the content is then bound to */
export function seal(content: unknown, key: Uint8Array, day: string, line: string): Sealed {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, iv).setAAD(Buffer.from(line));
  const sealed = Buffer.concat([iv, cipher.update(JSON.stringify(content)), cipher.final(), cipher.getAuthTag()]);
  return { key: numberOf(key, day), sealed: sealed.toString('base64') };
}

/** @throws when it was sealed with another key or for another line, or was changed */
export function unseal({ sealed }: Sealed, key: Uint8Array, line: string): unknown {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES)).setAAD(Buffer.from(line));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const content = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
  return JSON.parse(content.toString('utf8'));
}
