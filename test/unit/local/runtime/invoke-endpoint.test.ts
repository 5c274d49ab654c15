import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { InvokeResult } from '../../../../local/runtime/function';
import { type InvokeEndpoint, startInvokeEndpoint } from '../../../../local/runtime/invoke-endpoint';

const definition = {
  name: 'judge',
  arn: 'arn:aws:lambda:ap-northeast-1:123456789012:function:judge',
  aliases: ['operate', 'approve'],
};
const events: unknown[] = [];
const invokedArns: string[] = [];
let answer: InvokeResult;
let endpoint: InvokeEndpoint;
let lambda: LambdaClient;

beforeAll(async () => {
  const invoke = async (event: unknown, invokedArn: string) => {
    events.push(event);
    invokedArns.push(invokedArn);
    return answer;
  };
  endpoint = await startInvokeEndpoint([{ definition, invoke }], 'LOCALKEY');
  lambda = new LambdaClient({
    endpoint: endpoint.url,
    region: 'ap-northeast-1',
    credentials: { accessKeyId: 'LOCALKEY', secretAccessKey: 'secret' },
  });
});

afterAll(() => endpoint.close());
beforeEach(() => {
  events.length = 0;
  invokedArns.length = 0;
  answer = { result: { ok: true } };
});

const text = (payload: Uint8Array | undefined) => Buffer.from(payload ?? []).toString('utf8');

test.each([definition.name, definition.arn])('the function answers under %s', async (FunctionName) => {
  const answered = await lambda.send(new InvokeCommand({ FunctionName, Payload: '{"action":"status"}' }));
  expect(events).toEqual([{ action: 'status' }]);
  expect([answered.StatusCode, answered.FunctionError, answered.ExecutedVersion]).toEqual([200, undefined, '$LATEST']);
  expect(text(answered.Payload)).toBe('{"ok":true}');
});

test.each([
  [{ FunctionName: definition.name }, ''],
  [{ FunctionName: definition.name, Qualifier: 'operate' }, ':operate'],
  [{ FunctionName: `${definition.name}:approve` }, ':approve'],
  [{ FunctionName: `${definition.arn}:operate` }, ':operate'],
  [{ FunctionName: definition.arn, Qualifier: '$LATEST' }, ':$LATEST'],
])('the function learns under which alias it was invoked: %j', async (input, suffix) => {
  expect((await lambda.send(new InvokeCommand(input))).StatusCode).toBe(200);
  expect(invokedArns).toEqual([`${definition.arn}${suffix}`]);
});

test('an alias that is not there is not found', async () => {
  const command = new InvokeCommand({ FunctionName: 'judge', Qualifier: 'destroy' });
  await expect(lambda.send(command)).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: 'Function not found: judge:destroy',
  });
  expect(events).toEqual([]);
});

test('no payload is an empty event, and no result is null', async () => {
  answer = { result: undefined };
  expect(text((await lambda.send(new InvokeCommand({ FunctionName: 'judge' }))).Payload)).toBe('null');
  expect(events).toEqual([{}]);
});

test('an error of the function is marked as one', async () => {
  answer = { error: { errorType: 'RangeError', errorMessage: 'too much', trace: ['at x'] } };
  const answered = await lambda.send(new InvokeCommand({ FunctionName: 'judge' }));
  expect([answered.StatusCode, answered.FunctionError]).toEqual([200, 'Unhandled']);
  expect(JSON.parse(text(answered.Payload))).toEqual({
    errorType: 'RangeError',
    errorMessage: 'too much',
    trace: ['at x'],
  });
});

test('an event is accepted at once, a dry run does not reach the function', async () => {
  const invoke = (InvocationType: 'Event' | 'DryRun') =>
    lambda.send(new InvokeCommand({ FunctionName: 'judge', InvocationType }));
  expect((await invoke('Event')).StatusCode).toBe(202);
  expect((await invoke('DryRun')).StatusCode).toBe(204);
  expect(events).toEqual([{}]);
});

test('an unknown function is not found', async () => {
  await expect(lambda.send(new InvokeCommand({ FunctionName: 'other' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: 'Function not found: other',
  });
});

test('a payload that is no JSON is refused', async () => {
  await expect(lambda.send(new InvokeCommand({ FunctionName: 'judge', Payload: '{' }))).rejects.toMatchObject({
    name: 'InvalidRequestContentException',
  });
});

test.each([{}, { authorization: 'AWS4-HMAC-SHA256 Credential=OTHER/20260401/ap-northeast-1/lambda/aws4_request' }])(
  'a request that is not signed by this run is refused: %j',
  async (headers) => {
    const response = await fetch(`${endpoint.url}/2015-03-31/functions/judge/invocations`, { method: 'POST', headers });
    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([403, 'UnrecognizedClientException']);
    expect(events).toEqual([]);
  },
);
