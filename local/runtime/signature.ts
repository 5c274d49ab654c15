import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Hash } from '@smithy/hash-node';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Credentials } from '../deploy/clients';

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/([a-z0-9-]+)\/execute-api\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=[0-9a-f]{64}$/;
const DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
const CHECKSUM = 'x-amz-content-sha256';
/** How far apart the clocks may be, milliseconds (AWS). */
const MAX_SKEW_MS = 5 * 60_000;

/** What is wrong with a request's signature, by the name of API Gateway's response; undefined when it is good. */
export async function signatureProblem(
  request: IncomingMessage,
  body: Buffer,
  credentials: Credentials,
  now: number,
): Promise<'MISSING_AUTHENTICATION_TOKEN' | 'INVALID_SIGNATURE' | undefined> {
  const { authorization } = request.headers;
  if (authorization === undefined) return 'MISSING_AUTHENTICATION_TOKEN';
  const [, region, signedHeaders] = AUTHORIZATION.exec(authorization) ?? [];
  const date = DATE.exec(String(request.headers['x-amz-date']));
  if (region === undefined || signedHeaders === undefined || date === null) return 'INVALID_SIGNATURE';
  const signingDate = new Date(date[0].replace(DATE, '$1-$2-$3T$4:$5:$6Z'));
  if (!(Math.abs(signingDate.getTime() - now) <= MAX_SKEW_MS)) return 'INVALID_SIGNATURE';
  const signer = new SignatureV4({
    service: 'execute-api',
    region,
    credentials: { ...credentials },
    sha256: Hash.bind(null, 'sha256'),
    applyChecksum: signedHeaders.split(';').includes(CHECKSUM),
  });
  // The checksum is that of the body which came, not what its header says.
  const names = signedHeaders.split(';').filter((name) => name !== CHECKSUM);
  const headers = names.map((name) => [name, String(request.headers[name] ?? '')]);
  const { pathname: path } = new URL(request.url ?? '/', 'https://127.0.0.1');
  const signed = await signer.sign(
    {
      method: request.method ?? '',
      protocol: 'https:',
      hostname: '127.0.0.1',
      path,
      headers: Object.fromEntries(headers),
      body,
    },
    { signingDate },
  );
  const expected = Buffer.from(signed.headers.authorization ?? '');
  const given = Buffer.from(authorization);
  return expected.length === given.length && timingSafeEqual(expected, given) ? undefined : 'INVALID_SIGNATURE';
}
