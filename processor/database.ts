import { type ClientConfig, Pool } from 'pg';
import { packedFile, variable } from './settings';
import { signInToken } from './sign-in';

/** How long to wait for a connection, milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;
/** How long a statement may take, milliseconds; a batch takes some tens. */
const STATEMENT_TIMEOUT_MS = 20_000;

/** Where the database is and how its certificate is verified: against the region's RDS authorities and nothing else. */
export function databaseAddress(): ClientConfig {
  return {
    host: variable('DATABASE_HOST'),
    port: Number(variable('DATABASE_PORT')),
    database: variable('DATABASE_NAME'),
    ssl: { ca: packedFile('rds-ca.pem'), rejectUnauthorized: true },
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: variable('AWS_LAMBDA_FUNCTION_NAME'),
  };
}

/**
 * Opens the function's one connection, signed in with IAM as DATABASE_USER: a token of 15 minutes, made at each sign-in.
 * A connection that broke is replaced at the next query.
 *
 * @param onError told of connections that break while idle
 */
export function openDatabase(onError: (error: Error) => void): Pool {
  const address = databaseAddress();
  const user = variable('DATABASE_USER');
  const host = `${address.host}:${address.port}`;
  const pool = new Pool({
    ...address,
    user,
    password: () => signInToken({ service: 'rds-db', host, user: { DBUser: user } }, new Date()),
    statement_timeout: STATEMENT_TIMEOUT_MS,
    max: 1,
  });
  return pool.on('error', onError);
}
