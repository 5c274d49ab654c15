import type { ProducerError } from './errors';

/** A record of the stream. */
export interface ProducerRecord {
  data: Uint8Array;
  /** Records of one key go to one shard, 1 to 256 characters. */
  partitionKey: string;
}

/** What became of a record: it is on the stream, should be sent again (with the reason), or is refused for good. */
export type Outcome = 'taken' | { later: string } | { refused: ProducerError };

/** A way to the stream. */
export interface Transport {
  /** What a request holds at most. */
  readonly limits: { records: number; bytes: number };
  /** What a record takes of a request, bytes. @throws InvalidRecordError when no request can hold it */
  sizeOf(record: ProducerRecord): number;
  /**
   * Makes one request.
   *
   * @returns one outcome for each record, in their order
   * @throws ProducerError when no record will be taken; every other error is one to give up at as well
   */
  put(records: readonly ProducerRecord[]): Promise<Outcome[]>;
}
