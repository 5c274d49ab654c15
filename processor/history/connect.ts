import { variable } from '../settings';
import { signInToken } from '../sign-in';
import { RedisConnection } from './connection';

/**
 * Opens a connection to the replication group's primary over TLS, signed in as REDIS_USER with an IAM token of its own.
 *
 * @throws ConnectionError, or RedisError when the sign-in is refused
 */
export async function openConnection(): Promise<RedisConnection> {
  const username = variable('REDIS_USER');
  const host = variable('REDIS_REPLICATION_GROUP').toLowerCase();
  return RedisConnection.open({
    host: variable('REDIS_HOST'),
    port: Number(variable('REDIS_PORT')),
    username,
    password: signInToken({ service: 'elasticache', host, user: { User: username } }, new Date()),
  });
}
