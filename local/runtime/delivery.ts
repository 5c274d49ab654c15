import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type {
  FirehoseTransformationEvent,
  FirehoseTransformationEventRecord,
  FirehoseTransformationResult,
  FirehoseTransformationResultRecord,
} from 'aws-lambda';
import type { FunctionError, InvokeResult } from './function';
import type { StreamRecord } from './mapping';

/** Settings of a delivery stream that reads a stream of Kinesis and writes to S3, in the words of Firehose's API. */
export interface DeliverySettings {
  name: string;
  arn: string;
  streamArn: string;
  region: string;
  /** The transformation function, without a version. */
  functionArn: string;
  /** Most data in one of its invocations, bytes. */
  batchBytes: number;
  /** Further attempts when it fails. */
  retries: number;
  bucket: string;
  kmsKeyArn: string;
  prefix: string;
  errorPrefix: string;
  fileExtension: string;
}

/** Objects gather for this long or up to this size, whatever the settings say: nobody waits five minutes here. */
const BUFFER_MS = 5_000;
const BUFFER_BYTES = 4 * 1024 * 1024;

const RETRY_PAUSE_MS = 100;

const compress = promisify(gzip);

export interface DeliveryOptions {
  settings: DeliverySettings;
  s3: Pick<S3Client, 'send'>;
  invoke(event: FirehoseTransformationEvent): Promise<InvokeResult>;
  /** Hears that an object could not be written. */
  failed(error: Error): void;
}

/** What gathers under one prefix. */
interface Gathering {
  parts: Buffer[];
  bytes: number;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  since: number;
}

/** Takes records to S3, as Firehose does: through the function, by the prefix of the partition it names, compressed. */
export class Delivery {
  private readonly gatherings = new Map<string, Gathering>();
  private work: Promise<void> = Promise.resolve();
  private readonly timer = setInterval(() => void this.flush(Date.now() - BUFFER_MS), BUFFER_MS / 5).unref();

  constructor(private readonly options: DeliveryOptions) {}

  /** Takes records of a shard; resolves once those before them have been transformed. */
  async take(records: readonly StreamRecord[], shardId: string): Promise<void> {
    const before = this.work;
    this.work = before
      .then(() => this.transformAll(records, shardId))
      .catch((error: Error) => this.options.failed(error));
    await before;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async transformAll(records: readonly StreamRecord[], shardId: string): Promise<void> {
    for (const batch of batches(records, this.options.settings.batchBytes)) {
      await this.transform(batch.map((record) => eventRecord(record, shardId)));
    }
    await this.flush(Date.now() - BUFFER_MS);
  }

  private async transform(records: FirehoseTransformationEventRecord[]): Promise<void> {
    const { settings, invoke } = this.options;
    const event = {
      invocationId: randomUUID(),
      deliveryStreamArn: settings.arn,
      sourceKinesisStreamArn: settings.streamArn,
      region: settings.region,
      records,
    };
    for (let attempt = 1; ; attempt++) {
      const answer = await invoke(event);
      if (answer.error === undefined) {
        this.gather(records, (answer.result as FirehoseTransformationResult).records);
        return;
      }
      if (attempt > settings.retries) {
        for (const record of records) this.gatherFailed(record, attempt, answer.error);
        return;
      }
      await delay(RETRY_PAUSE_MS);
    }
  }

  private gather(records: FirehoseTransformationEventRecord[], results: FirehoseTransformationResultRecord[]): void {
    const byId = new Map(results.map((result) => [result.recordId, result]));
    for (const record of records) {
      const result = byId.get(record.recordId);
      if (result?.result === 'Dropped') continue;
      if (result?.result === 'Ok' && result.data !== undefined) {
        this.append(this.options.settings.prefix, Buffer.from(result.data, 'base64'), {
          arrival: record.approximateArrivalTimestamp,
          ...result.metadata?.partitionKeys,
        });
      } else {
        this.gatherFailed(record, 1, { errorType: 'Lambda.ProcessingFailedStatus', errorMessage: 'no Ok, no Dropped' });
      }
    }
  }

  /** As Firehose keeps it: with the data as they came. */
  private gatherFailed(record: FirehoseTransformationEventRecord, attempts: number, error: FunctionError): void {
    const { approximateArrivalTimestamp: arrival, data } = record;
    const { errorPrefix, functionArn } = this.options.settings;
    const line = {
      attemptsMade: attempts,
      arrivalTimestamp: arrival,
      errorCode: error.errorType,
      errorMessage: error.errorMessage,
      attemptEndingTimestamp: Date.now(),
      rawData: data,
      lambdaArn: functionArn,
    };
    this.append(errorPrefix, Buffer.from(`${JSON.stringify(line)}\n`), { arrival });
  }

  private append(pattern: string, part: Buffer, of: { arrival: number; [key: string]: string | number }): void {
    const prefix = evaluate(pattern, of);
    const gathering = this.gatherings.get(prefix) ?? { parts: [], bytes: 0, since: Date.now() };
    gathering.parts.push(part);
    gathering.bytes += part.length;
    this.gatherings.set(prefix, gathering);
  }

  /** Writes what is large enough, or has gathered since then. */
  private async flush(since: number): Promise<void> {
    for (const [prefix, gathering] of this.gatherings) {
      if (gathering.bytes < BUFFER_BYTES && gathering.since > since) continue;
      this.gatherings.delete(prefix);
      await this.write(prefix, gathering).catch((error: Error) => this.options.failed(error));
    }
  }

  private async write(prefix: string, { parts, since }: Gathering): Promise<void> {
    const { name, bucket, kmsKeyArn, fileExtension } = this.options.settings;
    const time = new Date(since).toISOString().slice(0, 19).replace(/[T:]/g, '-');
    await this.options.s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: `${prefix}${name}-1-${time}-${randomUUID()}${fileExtension}`,
        Body: await compress(Buffer.concat(parts)),
        ServerSideEncryption: 'aws:kms',
        SSEKMSKeyId: kmsKeyArn,
      }),
    );
  }
}

/** Records in order, in groups of at most so much data, of one record at least. */
function batches(records: readonly StreamRecord[], limit: number): StreamRecord[][] {
  const all: StreamRecord[][] = [];
  let room = 0;
  for (const record of records) {
    const bytes = Buffer.byteLength(record.data, 'base64');
    if (bytes > room || all.length === 0) {
      all.push([]);
      room = limit;
    }
    all.at(-1)?.push(record);
    room -= bytes;
  }
  return all;
}

function eventRecord(record: StreamRecord, shardId: string): FirehoseTransformationEventRecord {
  const { sequenceNumber, partitionKey, arrival: approximateArrivalTimestamp, data } = record;
  return {
    recordId: `${sequenceNumber}000000`,
    approximateArrivalTimestamp,
    data,
    kinesisRecordMetadata: {
      shardId,
      partitionKey,
      sequenceNumber,
      subsequenceNumber: '',
      approximateArrivalTimestamp,
    },
  };
}

/** Evaluates the expressions of a prefix that the stack uses. @throws Error for any other */
function evaluate(pattern: string, { arrival, ...keys }: { arrival: number; [key: string]: string | number }): string {
  return pattern.replace(/!\{([^}]*)\}/g, (_, expression: string) => {
    const [namespace, name = ''] = expression.split(':');
    if (namespace === 'timestamp' && name === 'yyyy-MM-dd') return new Date(arrival).toISOString().slice(0, 10);
    if (expression === 'firehose:error-output-type') return 'processing-failed';
    const key = namespace === 'partitionKeyFromLambda' ? keys[name] : undefined;
    if (key === undefined)
      throw new Error(`the prefix ${pattern} has an expression that has no value here: ${expression}`);
    return String(key);
  });
}
