import { fromEnv } from '@aws-sdk/credential-provider-env';
import { Hash } from '@smithy/hash-node';
import { SignatureV4 } from '@smithy/signature-v4';
import { variable } from '../settings';
import { RedisConnection } from './connection';

/** The longest life of a sign-in token that ElastiCache accepts, seconds. */
const TOKEN_SECONDS = 900;

/**
 * Opens a connection to the replication group's primary over TLS, signed in as REDIS_USER with an IAM token of its own.
 *
 * @throws ConnectionError, or RedisError when the sign-in is refused
 */
export async function openConnection(): Promise<RedisConnection> {
  const username = variable('REDIS_USER');
  return RedisConnection.open({
    host: variable('REDIS_HOST'),
    port: Number(variable('REDIS_PORT')),
    username,
    password: await signInToken(username),
  });
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
