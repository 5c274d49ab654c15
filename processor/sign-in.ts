import { createHash, createHmac } from 'node:crypto';
import { variable } from './settings';

/** The longest life of a sign-in token that ElastiCache and RDS accept, seconds. */
const TOKEN_SECONDS = 900;
const ALGORITHM = 'AWS4-HMAC-SHA256';

/** To what a token signs in, and as whom. */
export interface SignIn {
  service: 'elasticache' | 'rds-db';
  /** The replication group's id in lower case, or the database's host and port. */
  host: string;
  /** The user, by the name that the service has for it. */
  user: { User: string } | { DBUser: string };
}

/**
 * An IAM token to sign in with, under the function's own credentials: a request to connect, pre-signed with Signature Version 4
 * (IAM User Guide, "Create a signed AWS API request") and without its scheme. The SDK's signers come with all that finds
 * credentials elsewhere, which takes longer to load than everything else together.
 */
export function signInToken({ service, host, user }: SignIn, now: Date): string {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = [time.slice(0, 8), variable('AWS_REGION'), service, 'aws4_request'];
  const session = process.env.AWS_SESSION_TOKEN;
  const query = Object.entries({
    Action: 'connect',
    ...user,
    'X-Amz-Algorithm': ALGORITHM,
    'X-Amz-Credential': [variable('AWS_ACCESS_KEY_ID'), ...scope].join('/'),
    'X-Amz-Date': time,
    'X-Amz-Expires': String(TOKEN_SECONDS),
    ...(session && { 'X-Amz-Security-Token': session }),
    'X-Amz-SignedHeaders': 'host',
  })
    .map(([name, value]) => `${name}=${encode(value)}`)
    .sort()
    .join('&');
  const request = ['GET', '/', query, `host:${host}`, '', 'host', sha256('')].join('\n');
  const toSign = [ALGORITHM, time, scope.join('/'), sha256(request)].join('\n');
  const key = scope.reduce<Buffer | string>(hmac, `AWS4${variable('AWS_SECRET_ACCESS_KEY')}`);
  return `${host}/?${query}&X-Amz-Signature=${hmac(key, toSign).toString('hex')}`;
}

/** As RFC 3986 has it: everything but unreserved characters. */
function encode(value: string): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
