import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import path from 'node:path';
import { Hash } from '@smithy/hash-node';
import { SignatureV4 } from '@smithy/signature-v4';
import { ANSWERS, answerTemplate } from '../../../../lib/ingest-answers';
import { type Gateway, startGateway } from '../../../../local/runtime/gateway';
import { type Certificates, createCertificates } from '../../../../local/services/certificates';
import { freePort } from '../../../../local/services/ports';
import { asRecord, FULL } from '../../../helpers/transactions';

const file = (name: string) => readFileSync(path.join(__dirname, '../../../../ingest', name), 'utf8');
const schema = JSON.parse(file('transaction.schema.json'));
const CREDENTIALS = { accessKeyId: 'LOCAL0000', secretAccessKey: 'secret' };
const CARD_NUMBER = '4111111111111111';

const responses = (taken: string) => [
  { pattern: '200', status: 200, template: file(taken) },
  { status: 503, template: file('not-taken.vtl') },
];
const GATEWAY: Gateway = {
  stage: 'v1',
  variables: { stream: 'kinesis-transactions-test' },
  models: { transaction: schema, batch: { type: 'array', minItems: 1, maxItems: 500, items: schema } },
  routes: {
    '/transactions': {
      model: 'transaction',
      action: 'PutRecord',
      request: file('put-record.vtl'),
      responses: responses('record-taken.vtl'),
    },
    '/transactions/batch': {
      model: 'batch',
      action: 'PutRecords',
      request: file('put-records.vtl'),
      responses: responses('records-taken.vtl'),
    },
  },
  answers: Object.fromEntries(
    Object.entries(ANSWERS).map(([type, answer]) => [
      type,
      { status: Number(answer.status ?? 0), template: answerTemplate(answer) },
    ]),
  ),
};

let certificates: Certificates;
let port: number;
let close: () => Promise<void>;
let agent: Agent;
/** What Kinesis was asked, and what it answers. */
let asked: { action: string; body: Record<string, unknown> }[];
let answer: { status: number; body: unknown };

beforeAll(async () => {
  certificates = await createCertificates();
  port = await freePort();
  agent = new Agent({ ca: certificates.authority, keepAlive: true });
  ({ close } = await startGateway({
    gateway: GATEWAY,
    port,
    certificates,
    credentials: CREDENTIALS,
    kinesis: async (action, body) => {
      asked.push({ action, body: JSON.parse(body) });
      return { status: answer.status, body: JSON.stringify(answer.body) };
    },
  }));
});
beforeEach(() => {
  asked = [];
  answer = { status: 200, body: { SequenceNumber: '495', ShardId: 'shardId-000000000001' } };
});
afterAll(async () => {
  agent.destroy();
  await close();
});

interface Sent {
  route?: string;
  method?: string;
  body: string;
  headers?: Record<string, string>;
  credentials?: typeof CREDENTIALS;
  signingDate?: Date;
  /** Whether the checksum of the body is a header of its own, as some signers have it. */
  checksumHeader?: boolean;
  /** Sent in place of what was signed. */
  tampered?: string;
}

async function post({ route = '/transactions', body, ...sent }: Sent): Promise<{ status: number; body: string }> {
  const url = new URL(`https://127.0.0.1:${port}/v1${route}`);
  const signer = new SignatureV4({
    service: 'execute-api',
    region: 'ap-northeast-1',
    credentials: sent.credentials ?? CREDENTIALS,
    sha256: Hash.bind(null, 'sha256'),
    applyChecksum: sent.checksumHeader ?? true,
  });
  const method = sent.method ?? 'POST';
  const { hostname, host, pathname } = url;
  const unsigned = {
    method,
    protocol: 'https:',
    hostname,
    path: pathname,
    headers: { host, 'content-type': 'application/json', ...sent.headers },
    body,
  };
  const { headers } = await signer.sign(unsigned, { signingDate: sent.signingDate });
  return exchange(url, method, headers, sent.tampered ?? body);
}

function exchange(url: URL, method: string, headers: Record<string, string>, body: string) {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const sent = request(url, { method, headers, agent }, async (response) => {
      const text = (await response.toArray()).join('');
      resolve({ status: response.statusCode ?? 0, body: text });
    });
    sent.once('error', reject).end(body);
  });
}

/** Status and kind of an answer, and whether it has a message. */
async function refusal(sent: Sent): Promise<string> {
  const { status, body } = await post(sent);
  const { error, message } = JSON.parse(body);
  expect(message.length).toBeGreaterThan(20);
  expect(asked.length === 0 || status === 503 || error === 'TOO_LARGE').toBe(true);
  return `${status} ${error}`;
}

const TRANSACTION = JSON.stringify(asRecord(FULL));

describe('one transaction', () => {
  test('is put as it came, under its customer', async () => {
    const body = ` ${TRANSACTION.replace('4980', '4980.0')}\n`;
    expect(await post({ body })).toEqual({
      status: 200,
      body: '{\n  "sequenceNumber": "495",\n  "shardId": "shardId-000000000001"\n}\n',
    });
    expect(asked).toEqual([
      {
        action: 'PutRecord',
        body: {
          StreamName: 'kinesis-transactions-test',
          PartitionKey: 'customer-1',
          Data: Buffer.from(body).toString('base64'),
        },
      },
    ]);
  });

  test.each([
    ['a value of another type', TRANSACTION.replace('4980', '"4980"')],
    ['a missing field', TRANSACTION.replace('"currency"', '"curency"')],
    ['a customer that could not be a key', TRANSACTION.replace('customer-1', 'x\\",\\"Data\\":\\"y')],
    ['no JSON', TRANSACTION.slice(1)],
    ['nothing', ''],
    ['an array', `[${TRANSACTION}]`],
  ])('with %s is refused', async (_, body) => {
    expect(await refusal({ body })).toBe('400 BAD_REQUEST_BODY');
  });

  test('is refused without its values being repeated', async () => {
    const { body } = await post({ body: TRANSACTION.replace('customer-1', `${CARD_NUMBER} 12/29`) });
    expect(JSON.parse(body).error).toBe('BAD_REQUEST_BODY');
    expect(body).not.toContain(CARD_NUMBER);
  });

  test.each([
    ['ProvisionedThroughputExceededException', 400, '503 NOT_TAKEN'],
    ['KMSThrottlingException', 400, '503 NOT_TAKEN'],
    ['AccessDeniedException', 400, '503 NOT_TAKEN'],
    ['InternalFailure', 500, '503 NOT_TAKEN'],
    ['ValidationException', 400, '400 TOO_LARGE'],
    ['com.amazon.coral.validate#ValidationException', 400, '400 TOO_LARGE'],
    ['InvalidArgumentException', 400, '400 TOO_LARGE'],
  ])('that Kinesis answers with %s is not taken', async (type, status, expected) => {
    answer = { status, body: { __type: type, message: 'Rate exceeded in account 123456789012' } };
    expect(await refusal({ body: TRANSACTION })).toBe(expected);
  });

  test('that Kinesis answers with nothing of its own is not taken either', async () => {
    answer = { status: 502, body: {} };
    expect(await refusal({ body: TRANSACTION })).toBe('503 NOT_TAKEN');
  });
});

describe('a batch', () => {
  const batch = (count: number) =>
    Array.from({ length: count }, (_, i) => ({
      ...asRecord(FULL),
      transactionId: `tx-${i}`,
      customerId: `customer-${i}`,
    }));

  test('is put transaction by transaction, with numbers as they were written', async () => {
    answer = { status: 200, body: { FailedRecordCount: 0, Records: [{ SequenceNumber: '1', ShardId: 's' }] } };
    const sent = batch(3).map((transaction) =>
      JSON.stringify({ ...transaction, note: 7 }).replace(':7', ':4012345678901234567'),
    );
    const { status, body } = await post({ route: '/transactions/batch', body: `[${sent.join(' ,\n')}]` });
    expect([status, JSON.parse(body)]).toEqual([200, { failed: 0, records: [{ sequenceNumber: '1', shardId: 's' }] }]);
    expect(asked).toEqual([
      {
        action: 'PutRecords',
        body: {
          StreamName: 'kinesis-transactions-test',
          Records: sent.map((text, i) => ({
            PartitionKey: `customer-${i}`,
            Data: Buffer.from(text).toString('base64'),
          })),
        },
      },
    ]);
  });

  test('of which a part is not taken answers which, and is not a success', async () => {
    answer = {
      status: 200,
      body: {
        FailedRecordCount: 1,
        Records: [
          { SequenceNumber: '1', ShardId: 's' },
          {
            ErrorCode: 'ProvisionedThroughputExceededException',
            ErrorMessage: 'Rate exceeded in account 123456789012',
          },
          { SequenceNumber: '2', ShardId: 's' },
        ],
      },
    };
    const { status, body } = await post({ route: '/transactions/batch', body: JSON.stringify(batch(3)) });
    expect([status, JSON.parse(body)]).toEqual([
      503,
      {
        failed: 1,
        records: [
          { sequenceNumber: '1', shardId: 's' },
          { error: 'ProvisionedThroughputExceededException' },
          { sequenceNumber: '2', shardId: 's' },
        ],
      },
    ]);
  });

  test.each([
    ['none', 0],
    ['501', 501],
  ])('of %s is refused', async (_, count) => {
    expect(await refusal({ route: '/transactions/batch', body: JSON.stringify(batch(count)) })).toBe(
      '400 BAD_REQUEST_BODY',
    );
  });

  test('with a bad one is refused whole', async () => {
    const body = JSON.stringify([...batch(2), { transactionId: 'tx' }]);
    expect(await refusal({ route: '/transactions/batch', body })).toBe('400 BAD_REQUEST_BODY');
  });
});

describe('a request', () => {
  const body = TRANSACTION;

  test.each<[string, Partial<Sent>, string]>([
    ['signed by somebody else', { credentials: { ...CREDENTIALS, secretAccessKey: 'guess' } }, '403 INVALID_SIGNATURE'],
    [
      'changed on its way, without a checksum',
      { tampered: body.replace('4980', '4981'), checksumHeader: false },
      '403 INVALID_SIGNATURE',
    ],
    ['changed on its way', { tampered: body.replace('4980', '4981') }, '403 INVALID_SIGNATURE'],
    ['signed long ago', { signingDate: new Date(Date.now() - 301_000) }, '403 INVALID_SIGNATURE'],
    ['for no route', { route: '/transactions/all' }, '403 MISSING_AUTHENTICATION_TOKEN'],
    ['with another method', { method: 'PUT' }, '403 MISSING_AUTHENTICATION_TOKEN'],
    ['of another type', { headers: { 'content-type': 'text/plain' } }, '415 UNSUPPORTED_MEDIA_TYPE'],
    ['that is too large', { tampered: 'x'.repeat(10 * 1_024 * 1_024 + 1) }, '413 REQUEST_TOO_LARGE'],
  ])('%s is refused', async (_, changes, expected) => {
    expect(await refusal({ body, ...changes })).toBe(expected);
  });

  test('without a signature is refused', async () => {
    const url = new URL(`https://127.0.0.1:${port}/v1/transactions`);
    const { status, body: text } = await exchange(url, 'POST', { 'content-type': 'application/json' }, body);
    expect([status, JSON.parse(text).error]).toEqual([403, 'MISSING_AUTHENTICATION_TOKEN']);
  });

  test('whose checksum is no header is served', async () => {
    expect((await post({ body, checksumHeader: false })).status).toBe(200);
  });

  test('whose type names a charset is served', async () => {
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    expect((await post({ body, headers })).status).toBe(200);
  });
});
