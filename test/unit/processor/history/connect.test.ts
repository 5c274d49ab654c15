import { createHash, createHmac } from 'node:crypto';

const open = jest.fn();
jest.mock('../../../../processor/history/connection', () => ({ RedisConnection: { open } }));

import { openConnection } from '../../../../processor/history/connect';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const connection = {};

beforeEach(() => {
  open.mockReset().mockResolvedValue(connection);
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

test('connects to the primary as the user', async () => {
  expect(await openConnection()).toBe(connection);
  expect(open.mock.calls).toEqual([
    [
      {
        host: 'master.redis-history-dev.example',
        port: 6379,
        username: 'user-processor-dev',
        password: expect.stringMatching(/^redis-history-dev\/\?Action=connect&User=user-processor-dev&/),
      },
    ],
  ]);
});

test('signs in with a pre-signed request that ElastiCache can check', async () => {
  await openConnection();
  const { password } = open.mock.calls[0][0];
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

test('a variable that is not set is named', async () => {
  delete process.env.REDIS_USER;
  await expect(openConnection()).rejects.toThrow(
    'the environment variable REDIS_USER is not set; the stack sets it (lib/processor.ts)',
  );
});
