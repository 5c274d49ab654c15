import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalFunction } from '../../../../local/runtime/function';
import { Children } from '../../../../local/services/children';

const CODE = `
exports.handler = async (event, context) => {
  switch (event.do) {
    case 'throw': throw new RangeError('too much');
    case 'exit': console.log('on my way out'); process.exit(7);
    case 'hang': return new Promise(() => setInterval(() => undefined, 1000));
    case 'wait': await new Promise((resolve) => setTimeout(resolve, 30)); return process.pid;
    case 'environment': return process.env;
    case 'context': return { ...context, left: context.getRemainingTimeInMillis() };
    default: return event;
  }
};`;

/** Every test starts processes. */
jest.setTimeout(30_000);

let children: Children;
let count = 0;

beforeAll(async () => {
  children = await Children.create();
});
afterAll(() => children.stop());

function deploy(code = CODE, { concurrency = 1, timeoutSeconds = 30 } = {}): LocalFunction {
  const name = `function-${++count}`;
  const directory = join(children.directory, name);
  mkdirSync(directory);
  writeFileSync(join(directory, 'index.js'), code);
  const definition = {
    name,
    arn: `arn:aws:lambda:ap-northeast-1:123456789012:function:${name}`,
    aliases: ['operate'],
    roleArn: 'arn:aws:iam::123456789012:role/judge',
    handler: 'index.handler',
    directory,
    environment: { REDIS_HOST: '127.0.0.1' },
    timeoutSeconds,
    memoryMegabytes: 256,
    logGroup: `/aws/lambda/${name}`,
  };
  const environment = { PATH: '/usr/bin:/bin', AWS_REGION: 'ap-northeast-1' };
  return new LocalFunction(definition, { children, environment, concurrency });
}

test('the function gets the event and its result comes back', async () => {
  expect(await deploy().invoke({ a: [1, 'あ'] })).toEqual({ result: { a: [1, 'あ'] } });
});

test('it sees its own variables and the runtime’s, and nothing of this process', async () => {
  const fn = deploy();
  const { result } = (await fn.invoke({ do: 'environment' })) as { result: Record<string, string> };
  const { NODE_CHANNEL_FD, NODE_CHANNEL_SERIALIZATION_MODE, ...variables } = result;
  expect(variables).toEqual({
    PATH: '/usr/bin:/bin',
    AWS_REGION: 'ap-northeast-1',
    REDIS_HOST: '127.0.0.1',
    _HANDLER: 'index.handler',
    LAMBDA_TASK_ROOT: fn.definition.directory,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: fn.definition.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
    AWS_LAMBDA_LOG_GROUP_NAME: fn.definition.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: `${fn.definition.name} 1`,
    TZ: ':UTC',
  });
});

test('its context tells the time that is left', async () => {
  const { result } = (await deploy().invoke({ do: 'context' })) as { result: { left: number; awsRequestId: string } };
  expect(result.left).toBeGreaterThan(0);
  expect(result.left).toBeLessThanOrEqual(30_000);
  expect(result.awsRequestId).toMatch(/^[0-9a-f-]{36}$/);
});

test('its context tells under which name it was invoked', async () => {
  const fn = deploy();
  const invokedAs = async (arn?: string) => {
    const { result } = (await fn.invoke({ do: 'context' }, arn)) as { result: { invokedFunctionArn: string } };
    return result.invokedFunctionArn;
  };
  expect(await invokedAs()).toBe(fn.definition.arn);
  expect(await invokedAs(`${fn.definition.arn}:operate`)).toBe(`${fn.definition.arn}:operate`);
});

test('what it throws is its error, and it goes on afterwards', async () => {
  const fn = deploy();
  const { error } = await fn.invoke({ do: 'throw' });
  expect([error?.errorType, error?.errorMessage]).toEqual(['RangeError', 'too much']);
  expect(await fn.invoke(1)).toEqual({ result: 1 });
});

test('an end of the process is its error, with its last words, and the next invocation gets a new process', async () => {
  const fn = deploy();
  const { error } = await fn.invoke({ do: 'exit' });
  expect(error?.errorType).toBe('Runtime.ExitError');
  expect(error?.errorMessage).toBe('the environment ended (exit code 7):\non my way out');
  expect(await fn.invoke(1)).toEqual({ result: 1 });
});

test('it is ended at its time limit', async () => {
  const fn = deploy(CODE, { timeoutSeconds: 0.2 });
  expect((await fn.invoke({ do: 'hang' })).error).toEqual({
    errorType: 'Sandbox.Timedout',
    errorMessage: 'Task timed out after 0.2 seconds',
  });
});

test('an archive that does not load is its error', async () => {
  const { error } = await deploy('throw new Error("no rule set")').invoke({});
  expect(error?.errorMessage).toBe('Error: no rule set');
  expect((await deploy('exports.other = 1').invoke({})).error?.errorMessage).toBe(
    'Error: index.handler is not a function of the archive',
  );
});

test('each environment serves one invocation at a time, and there are no more than the concurrency', async () => {
  const fn = deploy(CODE, { concurrency: 2 });
  const results = await Promise.all(Array.from({ length: 6 }, () => fn.invoke({ do: 'wait' })));
  expect(new Set(results.map((answer) => ('result' in answer ? answer.result : answer.error))).size).toBe(2);
});
