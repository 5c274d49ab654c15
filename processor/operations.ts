import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import type { Pool } from 'pg';
import * as z from 'zod';
import { openDatabase } from './database';
import { lookup } from './operations/lookup';
import { audit, migrate } from './operations/migrate';
import { status } from './operations/status';
import { verify } from './operations/verify';
import { transactionSchema } from './transaction';

const logger = new Logger();
const { transactionId } = transactionSchema.shape;

const request = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('migrate') }),
  z.strictObject({ action: z.literal('status') }),
  z.strictObject({ action: z.literal('lookup'), transactionId }),
  z.strictObject({ action: z.literal('verify'), transactionId }),
]);

let pool: Pool | undefined;

function database(): Pool {
  pool ??= openDatabase(({ name }) => logger.warn('connection to PostgreSQL broke', { error: name }));
  return pool;
}

/**
 * The operations function: `{"action": "migrate"}` from the deployment, and from operators `{"action": "status"}`,
 * `{"action": "lookup", "transactionId": "..."}` and `{"action": "verify", "transactionId": "..."}`. What operators look at
 * goes to the audit table before they see it.
 *
 * @throws when the request is none of these or cannot be done; the message says what to change
 */
export async function handler(event: unknown, { awsRequestId }: Pick<Context, 'awsRequestId'>): Promise<object> {
  const parsed = request.safeParse(event);
  if (!parsed.success) {
    throw new Error(
      'the request must be {"action": "migrate"}, {"action": "status"}, {"action": "lookup", "transactionId": ID} or ' +
        '{"action": "verify", "transactionId": ID}, where ID is 1 to 64 characters of A-Z a-z 0-9 _ . : -',
    );
  }
  const { action, ...detail } = parsed.data;
  logger.info('operation', { action, awsRequestId });
  if (action === 'migrate') return migrate();
  await audit(database(), action, { ...detail, awsRequestId });
  switch (parsed.data.action) {
    case 'lookup':
      return lookup(database(), parsed.data.transactionId);
    case 'verify':
      return verify(database(), parsed.data.transactionId);
    default:
      return status(database());
  }
}
