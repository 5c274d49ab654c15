/** One finished attempt of the stream's function on a batch of records of one shard. */
export interface BatchReport {
  shardId: string;
  /** Records handed to the function in this attempt. */
  records: number;
  /** Records settled by this attempt: the function has stored them and they are not read again. */
  stored: number;
  /** Which attempt on these records this was, from 1. */
  attempt: number;
  /** Wall time of the attempt, milliseconds. */
  durationMs: number;
  /** Sequence numbers of the first and the last record handed over. */
  firstSequenceNumber: string;
  lastSequenceNumber: string;
  /** Arrival of the oldest record handed over, milliseconds since 1970-01-01T00:00:00Z. */
  oldestArrival: number;
  /** When the attempt ended, milliseconds since 1970-01-01T00:00:00Z. */
  endedAt: number;
  /** Put to stored, milliseconds, one value per record of `stored`, in the order of the batch. */
  latenciesMs: number[];
  /** `partial`: the function named records in `batchItemFailures`; `error`: it threw, timed out or ended. */
  outcome: 'stored' | 'partial' | 'error';
  /** Of outcome `error`: type and message of the function's error. */
  error?: string;
}

/** Records the mapping gave up on and wrote to its failure destination. */
export interface FailedBatch {
  shardId: string;
  records: number;
  /** AWS's word for the reason, in the destination's object as `requestContext.condition`. */
  condition: 'RetryAttemptsExhausted' | 'MaximumRecordAgeExceeded';
  /** Where the records are, e.g. `s3://bucket/aws/lambda/...`; undefined when the mapping has no destination. */
  location?: string;
}
