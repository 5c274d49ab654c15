import { Signer } from '@aws-sdk/rds-signer';
import { Hash } from '@smithy/hash-node';
import { SignatureV4 } from '@smithy/signature-v4';
import { signInToken } from '../../../processor/sign-in';

const NOW = new Date('2026-04-01T09:30:07.250Z');
const REGION = 'ap-northeast-1';
/** Made up, with every character that has to be encoded. */
const KEYS = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'made+up/for=tests', sessionToken: "se/ss+ion=='()*!~" };

beforeEach(() => {
  jest.useFakeTimers({ now: NOW });
  Object.assign(process.env, {
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
    AWS_SESSION_TOKEN: KEYS.sessionToken,
  });
});
afterEach(() => jest.useRealTimers());

/** A token's host, and its parameters as the service reads them. */
function read(token: string) {
  const { host, pathname, searchParams } = new URL(`https://${token}`);
  return { host, pathname, parameters: Object.fromEntries(searchParams) };
}

test('to RDS it is the token of the SDK’s signer', async () => {
  const address = { hostname: 'database.example', port: 5432, username: 'tap_processor' };
  const expected = await new Signer({ ...address, region: REGION, credentials: KEYS }).getAuthToken();
  const token = signInToken(
    { service: 'rds-db', host: 'database.example:5432', user: { DBUser: 'tap_processor' } },
    NOW,
  );
  expect(read(token)).toEqual(read(expected));
  expect(token).toMatch(/^database\.example:5432\/\?Action=connect&DBUser=tap_processor&X-Amz-Algorithm=/);
});

test.each([KEYS.sessionToken, undefined])(
  'to ElastiCache it is what the SDK signs, with session token %s',
  async (session) => {
    if (session === undefined) delete process.env.AWS_SESSION_TOKEN;
    const signer = new SignatureV4({
      service: 'elasticache',
      region: REGION,
      credentials: { ...KEYS, sessionToken: session },
      sha256: Hash.bind(null, 'sha256'),
    });
    const { query } = await signer.presign(
      {
        method: 'GET',
        protocol: 'https:',
        hostname: 'cache-dev',
        path: '/',
        headers: { host: 'cache-dev' },
        query: { Action: 'connect', User: 'user-1' },
      },
      { expiresIn: 900 },
    );
    const token = signInToken({ service: 'elasticache', host: 'cache-dev', user: { User: 'user-1' } }, NOW);
    expect(read(token)).toEqual({ host: 'cache-dev', pathname: '/', parameters: query });
  },
);

test('without credentials it says which variable is missing', () => {
  delete process.env.AWS_SECRET_ACCESS_KEY;
  expect(() => signInToken({ service: 'elasticache', host: 'cache', user: { User: 'u' } }, NOW)).toThrow(
    'the environment variable AWS_SECRET_ACCESS_KEY is not set',
  );
});
