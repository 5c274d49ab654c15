import { hash } from 'node:crypto';
import { parseInstant } from '../../processor/instant';
import type { ProducerRecord } from '../../producer';

/** What is to be put into the stream: one record, its bytes as they stand. */
export interface FeedRecord extends ProducerRecord {
  /** When to put it on the feed's own time line, milliseconds since 1970-01-01T00:00:00Z; undefined: with the one before. */
  time?: number;
  /** What the generator meant with it. */
  label?: Label;
}

/** A line that no stream accepts; its content is not kept. */
export interface OversizeLine {
  /** From 1, empty lines counted. */
  line: number;
  bytes: number;
}

/** A part of an injected fraud pattern. */
export interface Label {
  transactionId: string;
  /** The pattern, by the name of the rule that is to see it. */
  pattern: string;
  /** True for the transaction that completes the pattern, which must raise the alert. */
  completes: boolean;
}

export type FeedItem = FeedRecord | OversizeLine;

/** Characters that a partition key may have (Kinesis). */
const MAX_KEY_LENGTH = 256;
/** Longest line that becomes a record: the 1 MiB that Kinesis allows for data and key, less the longest key in UTF-8. */
export const MAX_LINE_BYTES = 1024 * 1024 - 4 * MAX_KEY_LENGTH;

const decoder = new TextDecoder();

/**
 * The record of one line: its partition key is `customerId` where that can be read, else a hash of the line, and its time
 * is `occurredAt` where that can be read. Whether the line is a valid transaction is for the processor to say.
 */
export function recordOf(data: Uint8Array): FeedRecord {
  let fields: { customerId?: unknown; occurredAt?: unknown } | null = null;
  try {
    fields = JSON.parse(decoder.decode(data));
  } catch {
    // Not JSON: it travels all the same, to be quarantined.
  }
  const key = fields?.customerId;
  const time = fields?.occurredAt;
  return {
    data,
    partitionKey: typeof key === 'string' && isPartitionKey(key) ? key : hash('sha256', data),
    time: typeof time === 'string' ? parseInstant(time) : undefined,
  };
}

/** The records of lines, in their order. */
export async function* recordsOf(lines: AsyncIterable<Buffer | OversizeLine>): AsyncGenerator<FeedItem> {
  for await (const line of lines) yield Buffer.isBuffer(line) ? recordOf(line) : line;
}

function isPartitionKey(text: string): boolean {
  return text !== '' && text.length <= MAX_KEY_LENGTH && text.isWellFormed();
}
