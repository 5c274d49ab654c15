// One execution environment of a function: loads the archive's handler and answers one invocation at a time. Plain JavaScript, so
// that it carries nothing that the real runtime does not, and takes no memory for a compiler.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { env } = process;

/** What the parent sends: `deadline` in milliseconds since 1970-01-01T00:00:00Z. */
function contextOf({ requestId, functionArn, deadline }) {
  return {
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: functionArn,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    awsRequestId: requestId,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function load() {
  const root = env.LAMBDA_TASK_ROOT;
  const [file, name] = env._HANDLER.split('.');
  const exported = createRequire(join(root, 'index.js'))(join(root, `${file}.js`));
  if (typeof exported[name] !== 'function') throw new Error(`${env._HANDLER} is not a function of the archive`);
  return exported[name];
}

function describe(thrown) {
  if (!(thrown instanceof Error)) return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  return { errorType: thrown.name, errorMessage: thrown.message, trace: thrown.stack.split('\n') };
}

// The parent ends its environments itself; when it is gone, so is the work.
process.once('disconnect', () => process.exit(0));

let handler;
try {
  handler = load();
  process.send({ ready: true });
} catch (error) {
  process.send({ error: describe(error) });
}

process.on('message', async (invocation) => {
  try {
    const result = await handler(invocation.event, contextOf(invocation));
    process.send({ result: result ?? null });
  } catch (error) {
    process.send({ error: describe(error) });
  }
});
