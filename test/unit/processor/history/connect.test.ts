import { createHash, createHmac } from 'node:crypto';

const createClient = jest.fn();
jest.mock('@redis/client', () => ({ createClient }));

import { createRedisClient } from '../../../../processor/history/connect';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const client = { on: jest.fn().mockReturnThis() };

beforeEach(() => {
  createClient.mockReset().mockReturnValue(client);
  Object.assign(process.env, {
    REDIS_HOST: 'master.redis-history-dev.example',
    REDIS_PORT: '6379',
    REDIS_USER: 'user-processor-dev',
    REDIS_REPLICATION_GROUP: 'Redis-History-Dev',
    AWS_REGION: 'ap-northeast-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: SECRET,
    AWS_SESSION_TOKEN: 'session+/token==',
  });
});

const optionsOf = () => createClient.mock.calls[0][0];

test('connects over TLS, fails at once without a connection and gives up after three attempts', () => {
  const onError = jest.fn();
  expect(createRedisClient(onError)).toBe(client);
  expect(client.on).toHaveBeenCalledWith('error', onError);
  const { socket, disableOfflineQueue, disableClientInfo } = optionsOf();
  const cause = new Error('refused');
  expect([disableOfflineQueue, disableClientInfo]).toEqual([true, true]);
  expect(socket).toMatchObject({
    host: 'master.redis-history-dev.example',
    port: 6379,
    tls: true,
    connectTimeout: 5000,
  });
  expect([0, 1, 2, 3].map((attempts) => socket.reconnectStrategy(attempts, cause))).toEqual([100, 200, 400, cause]);
});

test('signs in with a pre-signed request that ElastiCache can check', async () => {
  createRedisClient(jest.fn());
  const { username, password } = await optionsOf().credentialsProvider.credentials();
  expect(username).toBe('user-processor-dev');
  const url = new URL(`https://${password}`);
  expect([url.host, url.pathname]).toEqual(['redis-history-dev', '/']);
  const query = Object.fromEntries(url.searchParams);
  const date = query['X-Amz-Date'] as string;
  const scope = `${date.slice(0, 8)}/ap-northeast-1/elasticache/aws4_request`;
  const { 'X-Amz-Signature': signature, ...signed } = query;
  expect(signed).toEqual({
    Action: 'connect',
    User: 'user-processor-dev',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `AKIDEXAMPLE/${scope}`,
    'X-Amz-Date': date,
    'X-Amz-Expires': '900',
    'X-Amz-Security-Token': 'session+/token==',
    'X-Amz-SignedHeaders': 'host',
  });
  // Signature Version 4, worked out once more by its specification.
  const canonicalQuery = Object.entries(signed)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .sort()
    .join('&');
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const request = ['GET', '/', canonicalQuery, 'host:redis-history-dev\n', 'host', sha256('')].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(request)].join('\n');
  const key = scope
    .split('/')
    .reduce<string | Buffer>((k, part) => createHmac('sha256', k).update(part).digest(), `AWS4${SECRET}`);
  expect(signature).toBe(createHmac('sha256', key).update(toSign).digest('hex'));
});

test('a variable that is not set is named', () => {
  delete process.env.REDIS_USER;
  expect(() => createRedisClient(jest.fn())).toThrow(
    'the environment variable REDIS_USER is not set; the stack sets it (lib/processor.ts)',
  );
});
