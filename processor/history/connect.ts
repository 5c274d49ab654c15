import { fromEnv } from '@aws-sdk/credential-provider-env';
import { createClient, type RedisClientType } from '@redis/client';
import { Hash } from '@smithy/hash-node';
import { SignatureV4 } from '@smithy/signature-v4';
import { variable } from '../settings';

/** How long to wait for a connection, milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;
/** Attempts to reconnect before the client gives up and the next batch connects anew. */
const RECONNECT_ATTEMPTS = 3;
/** The longest life of a sign-in token that ElastiCache accepts, seconds. */
const TOKEN_SECONDS = 900;

/**
 * A client of the replication group's primary over TLS, signed in with IAM as REDIS_USER. Each connection signs in with a
 * token of its own; commands fail at once while there is no connection, so that a batch fails instead of waiting.
 *
 * @param onError told of connections that break
 */
export function createRedisClient(onError: (error: Error) => void): RedisClientType {
  const username = variable('REDIS_USER');
  const client = createClient({
    socket: {
      host: variable('REDIS_HOST'),
      port: Number(variable('REDIS_PORT')),
      tls: true,
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectStrategy: (attempts, cause) => (attempts < RECONNECT_ATTEMPTS ? 100 * 2 ** attempts : cause),
    },
    credentialsProvider: {
      type: 'async-credentials-provider',
      credentials: async () => ({ username, password: await signInToken(username) }),
    },
    disableOfflineQueue: true,
    // Telling the server the client's name would need a right of its own.
    disableClientInfo: true,
  });
  return client.on('error', onError) as RedisClientType;
}

/** ElastiCache's IAM token: a pre-signed request to connect as the user, without its scheme. */
async function signInToken(username: string): Promise<string> {
  const hostname = variable('REDIS_REPLICATION_GROUP').toLowerCase();
  const signer = new SignatureV4({
    service: 'elasticache',
    region: variable('AWS_REGION'),
    credentials: fromEnv(),
    sha256: Hash.bind(null, 'sha256'),
  });
  const { query = {} } = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname,
      path: '/',
      headers: { host: hostname },
      query: { Action: 'connect', User: username },
    },
    { expiresIn: TOKEN_SECONDS },
  );
  return `${hostname}/?${new URLSearchParams(query as Record<string, string>)}`;
}
