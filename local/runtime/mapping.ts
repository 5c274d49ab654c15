/** Settings of an event source mapping, in the words of Lambda's API. */
export interface Mapping {
  /** Names the mapping in the keys of its failure destination. */
  uuid: string;
  streamName: string;
  streamArn: string;
  functionArn: string;
  /** Role of the function, which every record of an event names. */
  roleArn: string;
  region: string;
  /** Records of one invocation, 1 to 10,000. */
  batchSize: number;
  /** How long a batch waits to be full, milliseconds, 0 to 300,000. */
  batchingWindowMs: number;
  /** Batches of one shard in work at a time, 1 to 10. Records of one partition key keep their order. */
  parallelizationFactor: number;
  /** Split a batch in two when the function throws. */
  bisectBatchOnFunctionError: boolean;
  /** 0 to 10,000; -1: without end. */
  maximumRetryAttempts: number;
  /** Seconds, 60 to 604,800; -1: without end. */
  maximumRecordAgeInSeconds: number;
  /** Whether the function's `batchItemFailures` are read. */
  reportBatchItemFailures: boolean;
  startingPosition: 'LATEST' | 'TRIM_HORIZON';
  /** Bucket that receives whole failed records. */
  failureBucket?: string;
}

/** A record as the poller holds it. */
export interface StreamRecord {
  sequenceNumber: string;
  partitionKey: string;
  /** Base64. */
  data: string;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  arrival: number;
}
