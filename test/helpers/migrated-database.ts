import { readFileSync } from 'node:fs';
import type { Client } from 'pg';
import { type Accepted, decode } from '../../processor/decode';
import { handler } from '../../processor/operations';
import { PostgresStore } from '../../processor/store/postgres';
import type { Transaction, Verdict } from '../../processor/types';
import { startDatabase, type TestDatabase } from './database';
import { asRecord, bytes, HOUR, T0 } from './transactions';

export const RULE_SET = JSON.parse(readFileSync('processor/rules/rule-set.json', 'utf8'));
export const PLAIN: Verdict = { decision: 'allow', score: 0, reasons: [] };

const ARN = 'arn:aws:lambda:ap-northeast-1:123456789012:function:lambda-operations-test';

/** Calls the operations function through an alias. */
export const invoke = (event: unknown, alias = 'operate') =>
  handler(event, { awsRequestId: 'request-1', invokedFunctionArn: `${ARN}:${alias}` }) as Promise<never>;

/** Calls the operations function as the deployment does. */
export const migrate = () =>
  handler({ action: 'migrate' }, { awsRequestId: 'request-1', invokedFunctionArn: ARN }) as Promise<never>;

export interface MigratedDatabase extends Omit<TestDatabase, 'stop'> {
  operator: Client;
  processor: Client;
  store: PostgresStore;
  /** The values of a query's rows, one after the other. */
  only(sql: string): Promise<unknown[]>;
  stop(): Promise<void>;
}

/** A database that the operations function has migrated, with a connection for each role. */
export async function startMigratedDatabase(): Promise<MigratedDatabase> {
  const database = await startDatabase();
  database.pack('rule-set.json', JSON.stringify(RULE_SET));
  await migrate();
  const operator = await database.connect('tap_operator');
  const processor = await database.connect('tap_processor');
  return {
    ...database,
    operator,
    processor,
    store: new PostgresStore(processor as never),
    only: async (sql) => (await operator.query({ text: sql, rowMode: 'array' })).rows.flat(),
    async stop() {
      await operator.end();
      await processor.end();
      await database.stop();
    },
  };
}

let eventNumber = 0;

/** A transaction as it arrives from the stream, with `changes` to what its producer wrote. */
export function arrival(transaction: Transaction, changes: Record<string, unknown> = {}) {
  const decoded = decode(bytes({ ...asRecord(transaction), ...changes }), T0 + 10_000 * HOUR) as Accepted;
  return { eventId: `shardId-0:${eventNumber++}`, ...decoded };
}

/** A plain allow on arrival, with `changes`. */
export function judgement(transaction: Transaction, changes: object = {}) {
  return {
    transaction,
    verdict: PLAIN,
    position: 1,
    triggeredBy: transaction.transactionId,
    late: false,
    coverageSeconds: 86_400,
    listsVersion: 0,
    ruleSetVersion: RULE_SET.version as string,
    ...changes,
  };
}
