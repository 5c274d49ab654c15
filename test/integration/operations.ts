import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Lookup } from '../../processor/operations/lookup';
import type { Status } from '../../processor/operations/status';
import type { Verification } from '../../processor/operations/verify';
import { client, eventually, output } from './stack';

const kinesis = new KinesisClient(client);
const lambda = new LambdaClient(client);

/** A record as a producer writes it; `customerId` is its partition key. */
export type ProducerRecord = Record<string, unknown> & { customerId: string };

/** Puts records on the stream, in order, in one request. */
export async function put(...records: (ProducerRecord | string)[]): Promise<void> {
  const { FailedRecordCount } = await kinesis.send(
    new PutRecordsCommand({
      StreamName: output('kinesisStreamName'),
      Records: records.map((record) => ({
        PartitionKey: typeof record === 'string' ? 'unreadable' : record.customerId,
        Data: Buffer.from(typeof record === 'string' ? record : JSON.stringify(record)),
      })),
    }),
  );
  if (FailedRecordCount !== 0) throw new Error(`${FailedRecordCount} of ${records.length} records were not taken`);
}

/** Calls the operations function as an operator. @throws Error with the function's error */
export const operate = <T>(request: object) => invoke<T>('operateAliasArn', request);

/** Calls it as an approver. @throws Error with the function's error */
export const approve = <T>(request: object) => invoke<T>('approveAliasArn', request);

async function invoke<T>(alias: 'operateAliasArn' | 'approveAliasArn', request: object): Promise<T> {
  const command = new InvokeCommand({
    FunctionName: output(alias),
    Payload: JSON.stringify(request),
  });
  const { FunctionError, Payload } = await lambda.send(command);
  const answer = JSON.parse(Buffer.from(Payload ?? []).toString('utf8'));
  if (FunctionError !== undefined) throw new Error(answer.errorMessage);
  return answer;
}

export const lookup = (transactionId: string) => operate<Lookup>({ action: 'lookup', transactionId });
export const verify = (transactionId: string) => operate<Verification>({ action: 'verify', transactionId });
export const status = () => operate<Status>({ action: 'status' });

/** What is known of a transaction once it has been judged. */
export function judged(transactionId: string): Promise<Lookup> {
  return eventually(`a verdict on ${transactionId}`, async () => {
    const found = await lookup(transactionId);
    return found.verdicts.length > 0 ? found : undefined;
  });
}

/** What is known of an id once a record of it has been refused. */
export function refused(transactionId: string): Promise<Lookup> {
  return eventually(`the refusal of ${transactionId}`, async () => {
    const found = await lookup(transactionId);
    return found.quarantine.length > 0 ? found : undefined;
  });
}
