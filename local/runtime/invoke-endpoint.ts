import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FunctionError, InvokeResult } from './function';

/** Longest payload of a synchronous invocation, bytes (Lambda quotas). */
const PAYLOAD_LIMIT = 6 * 1024 * 1024;

/** What the endpoint calls. */
export interface Invokable {
  definition: { name: string; arn: string; aliases: readonly string[] };
  /** @param invokedArn with the alias or version it was invoked under */
  invoke(event: unknown, invokedArn: string): Promise<InvokeResult>;
}

export interface InvokeEndpoint {
  /** For `AWS_ENDPOINT_URL_LAMBDA`. */
  url: string;
  close(): Promise<void>;
}

type Invoke = (event: unknown) => Promise<InvokeResult>;

/** An error of the API, by its name in Lambda's reference. */
class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly type: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Serves Lambda's Invoke API for these functions on 127.0.0.1.
 *
 * @param accessKeyId requests must be signed with this key, which no other web page or program knows (the signature itself is not
 * checked)
 */
export async function startInvokeEndpoint(
  functions: Iterable<Invokable>,
  accessKeyId: string,
): Promise<InvokeEndpoint> {
  const byName = new Map<string, Invoke>();
  for (const fn of functions) {
    const { name, arn, aliases } = fn.definition;
    for (const suffix of ['', '$LATEST', ...aliases].map((qualifier) => qualifier && `:${qualifier}`)) {
      const invoke = (event: unknown) => fn.invoke(event, arn + suffix);
      byName.set(name + suffix, invoke).set(arn + suffix, invoke);
    }
  }
  const server = createServer((request, response) => {
    answer(request, response, byName, accessKeyId).catch((error: unknown) => {
      const known = error instanceof ApiError ? error : new ApiError(500, 'ServiceException', String(error));
      response.writeHead(known.status, { 'content-type': 'application/json', 'x-amzn-errortype': known.type });
      response.end(JSON.stringify({ Type: 'User', Message: known.message }));
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => close(server) };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  functions: Map<string, Invoke>,
  accessKeyId: string,
): Promise<void> {
  const signedWith = /^AWS4-HMAC-SHA256 Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1];
  if (signedWith !== accessKeyId) {
    throw new ApiError(
      403,
      'UnrecognizedClientException',
      'The request is not signed with the credentials of this run.',
    );
  }
  const url = new URL(request.url ?? '', 'http://127.0.0.1');
  const path = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(url.pathname);
  if (request.method !== 'POST' || path?.[1] === undefined) {
    throw new ApiError(404, 'UnknownOperationException', 'Only Invoke is served here.');
  }
  const qualifier = url.searchParams.get('Qualifier');
  const name = decodeURIComponent(path[1]) + (qualifier === null ? '' : `:${qualifier}`);
  const invoke = functions.get(name);
  if (invoke === undefined) throw new ApiError(404, 'ResourceNotFoundException', `Function not found: ${name}`);
  const event = parse(await body(request));
  switch (request.headers['x-amz-invocation-type'] ?? 'RequestResponse') {
    case 'DryRun':
      response.writeHead(204).end();
      return;
    case 'Event':
      void invoke(event);
      response.writeHead(202).end();
      return;
    default:
      send(response, await invoke(event));
  }
}

function send(response: ServerResponse, outcome: InvokeResult): void {
  const failed: FunctionError | undefined = outcome.error;
  response.writeHead(200, {
    'content-type': 'application/json',
    'x-amz-executed-version': '$LATEST',
    ...(failed && { 'x-amz-function-error': 'Unhandled' }),
  });
  response.end(JSON.stringify(outcome.error ?? outcome.result ?? null));
}

async function body(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > PAYLOAD_LIMIT) {
      throw new ApiError(413, 'RequestTooLargeException', `The payload is longer than ${PAYLOAD_LIMIT} bytes.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(400, 'InvalidRequestContentException', 'Could not parse request body into json.');
  }
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
