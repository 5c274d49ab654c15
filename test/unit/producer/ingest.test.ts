import { Agent, createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createCertificates } from '../../../local/services/certificates';
import { AccessError, IngestTransport, InvalidRecordError, RefusedRecordError } from '../../../producer';

const record = (name: string) => ({ data: Buffer.from(`{"name":"${name}"}`), partitionKey: name });
const nameOf = (item: { name: string }) => item.name;

let server: Server;
let agent: Agent;
let transport: IngestTransport;
let requests: { path: string; authorization: string; apiKey: unknown; names: string[] }[];
let respond: (names: string[]) => { status: number; body: unknown } | 'break';

beforeAll(async () => {
  const certificates = await createCertificates();
  server = createServer({ cert: certificates.certificate, key: certificates.privateKey }, async (request, response) => {
    const names = JSON.parse((await request.toArray()).join('')).map(nameOf);
    const { authorization = '', 'x-api-key': apiKey } = request.headers;
    requests.push({ path: `${request.method} ${request.url}`, authorization, apiKey, names });
    const answer = respond(names);
    if (answer === 'break') response.destroy();
    else
      response
        .writeHead(answer.status)
        .end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  agent = new Agent({ ca: certificates.authority, keepAlive: true });
  transport = new IngestTransport({
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    region: 'ap-northeast-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    apiKey: 'key-value',
    agent,
  });
});
beforeEach(() => {
  requests = [];
});
afterAll(() => {
  agent.destroy();
  server.closeAllConnections();
  server.close();
});

test('sends one signed request, which counts for its key', async () => {
  respond = () => ({ status: 200, body: { failed: 0 } });
  expect(await transport.put(['a', 'b'].map(record))).toEqual(['taken', 'taken']);
  expect(requests).toEqual([
    {
      path: 'POST /v1/transactions/batch',
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/ap-northeast-1\/execute-api\/aws4_request, SignedHeaders=[a-z0-9;-]*x-api-key, Signature=[0-9a-f]{64}$/,
      ),
      apiKey: 'key-value',
      names: ['a', 'b'],
    },
  ]);
});

test('tells which of a request were not taken', async () => {
  respond = () => ({
    status: 503,
    body: { failed: 1, records: [{ sequenceNumber: '1' }, { error: 'InternalFailure' }] },
  });
  expect(await transport.put(['a', 'b', 'c'].map(record))).toEqual([
    'taken',
    { later: 'InternalFailure' },
    { later: 'status 503' },
  ]);
});

test.each<[string, ReturnType<typeof respond>, string]>([
  ['a stream that is full', { status: 503, body: { error: 'NOT_TAKEN', message: 'full' } }, 'NOT_TAKEN'],
  ['too many requests', { status: 429, body: { error: 'THROTTLED', message: 'slower' } }, 'THROTTLED'],
  ['an answer of something in between', { status: 502, body: '<html>' }, 'status 502'],
  ['a connection that breaks', 'break', 'socket hang up'],
])('%s means later', async (_, answer, reason) => {
  respond = () => answer;
  expect(await transport.put([record('a')])).toEqual([{ later: reason }]);
});

test('finds those that are refused by halves, and the others are taken once', async () => {
  const bad = ['r3', 'r11'];
  const taken: string[] = [];
  respond = (names) => {
    if (names.some((name) => bad.includes(name))) {
      return { status: 400, body: { error: 'BAD_REQUEST_BODY', message: 'no transaction' } };
    }
    taken.push(...names);
    return { status: 200, body: { failed: 0 } };
  };
  const names = Array.from({ length: 16 }, (_, i) => `r${i}`);
  const outcomes = await transport.put(names.map(record));
  const refused = new RefusedRecordError('BAD_REQUEST_BODY', 'no transaction');
  expect(outcomes).toEqual(names.map((name) => (bad.includes(name) ? { refused } : 'taken')));
  expect(taken).toEqual(names.filter((name) => !bad.includes(name)));
  expect(requests).toHaveLength(15);
});

test('no right to invoke ends it, with what the ingest says', async () => {
  respond = () => ({ status: 403, body: { error: 'EXPIRED_TOKEN', message: 'The credentials have expired.' } });
  const error = await transport.put([record('a'), record('b')]).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(AccessError);
  expect(error.message).toMatch(/^the ingest 127\.0\.0\.1:\d+: EXPIRED_TOKEN; The credentials have expired\.$/);
});

test.each<[string, Buffer, string]>([
  ['two objects', Buffer.from('{"a":1},{"b":2}'), '15 bytes that are no JSON object'],
  ['an array', Buffer.from('[1]'), '3 bytes that are no JSON object'],
  ['text', Buffer.from('4111111111111111'), '16 bytes that are no JSON object'],
  ['bytes that are not UTF-8', Buffer.from('7b22ff223a317d', 'hex'), '7 bytes that are no JSON object'],
  ['more than a transaction has', Buffer.alloc(16_385, ' '), '16385 bytes; a transaction has at most 16384'],
])('%s are not sent', (_, data, shape) => {
  const size = () => transport.sizeOf({ data, partitionKey: 'k' });
  expect(size).toThrow(InvalidRecordError);
  expect(size).toThrow(`data: ${shape};`);
  expect(size).not.toThrow(/4111/);
});
