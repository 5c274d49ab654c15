import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import Ajv, { type ValidateFunction } from 'ajv-draft-04';
import type { Credentials } from '../deploy/clients';
import type { Certificates } from '../services/certificates';
import { mapMessage } from './mapping-template';
import { signatureProblem } from './signature';

/** One POST route of a REST API, as the stack declares it. */
export interface GatewayRoute {
  /** Name of the schema that a body must follow. */
  model: string;
  /** The action of Kinesis that it ends in. */
  action: string;
  /** Mapping template of the request. */
  request: string;
  /** Of what Kinesis answers; without a pattern for whatever no other one's status matches. */
  responses: { pattern?: string; status: number; template: string }[];
}

/** A REST API with its one stage, as the stack declares it. */
export interface Gateway {
  stage: string;
  variables: Record<string, string>;
  models: Record<string, object>;
  /** By path. */
  routes: Record<string, GatewayRoute>;
  /** Gateway responses by type; a status of 0 is that of the refusal. */
  answers: Record<string, { status: number; template: string }>;
}

export interface GatewayOptions {
  gateway: Gateway;
  port: number;
  certificates: Certificates;
  /** Whom a request must be signed by. */
  credentials: Credentials;
  /** Has Kinesis do it. @returns status and body of its answer */
  kinesis: (action: string, body: string) => Promise<{ status: number; body: string }>;
}

/** Longest request, bytes (API Gateway). */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** Refused by the gateway itself, under the type of its response. */
class Refusal extends Error {
  constructor(
    readonly type: string,
    readonly status: number,
  ) {
    super(type);
  }
}

interface Answer {
  status: number;
  body: string;
}

/**
 * Serves the routes of a REST API on 127.0.0.1 over HTTPS: signature, body against its schema, mapping template, Kinesis, mapping
 * template, in the order API Gateway has. Throttling, API keys, resource policy and access log are not here.
 */
export async function startGateway(options: GatewayOptions): Promise<{ close(): Promise<void> }> {
  const { gateway, port, certificates } = options;
  const ajv = new Ajv({ strict: false });
  const validators = new Map(Object.entries(gateway.models).map(([name, schema]) => [name, ajv.compile(schema)]));
  const server = createServer({ cert: certificates.certificate, key: certificates.privateKey }, (request, response) => {
    void respond(request, options, validators)
      .catch((error: unknown) => refused(error, gateway))
      .then(({ status, body }) => send(response, status, body));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return { close: () => close(server) };
}

async function respond(
  request: IncomingMessage,
  { gateway, credentials, kinesis }: GatewayOptions,
  validators: ReadonlyMap<string, ValidateFunction>,
): Promise<Answer> {
  const { pathname } = new URL(request.url ?? '/', 'https://127.0.0.1');
  const route = gateway.routes[pathname.slice(`/${gateway.stage}`.length)];
  const data = await bodyOf(request);
  if (route === undefined || request.method !== 'POST' || !pathname.startsWith(`/${gateway.stage}/`)) {
    throw new Refusal('MISSING_AUTHENTICATION_TOKEN', 403); // AWS says the same of a route that is not there
  }
  const problem = await signatureProblem(request, data, credentials, Date.now());
  if (problem !== undefined) throw new Refusal(problem, 403);
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
    throw new Refusal('UNSUPPORTED_MEDIA_TYPE', 415);
  }
  const body = data.toString('utf8');
  if (!validators.get(route.model)?.(parse(body))) throw new Refusal('BAD_REQUEST_BODY', 400);
  const { variables } = gateway;
  const taken = await kinesis(route.action, mapMessage(route.request, { body, variables }).body);
  const response =
    route.responses.find(
      ({ pattern }) => pattern !== undefined && new RegExp(`^(?:${pattern})$`).test(`${taken.status}`),
    ) ?? route.responses.find(({ pattern }) => pattern === undefined);
  if (response === undefined) throw new Refusal('INTEGRATION_FAILURE', 504);
  return { status: response.status, ...mapMessage(response.template, { body: taken.body, variables }) };
}

function refused(error: unknown, { answers }: Gateway): Answer {
  const refusal = error instanceof Refusal ? error : new Refusal('DEFAULT_5XX', 500);
  const known = answers[refusal.type] ?? answers[refusal.status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX'];
  return {
    status: known?.status || refusal.status,
    body: known?.template.replaceAll('$context.error.responseType', refusal.type) ?? '',
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new Refusal('REQUEST_TOO_LARGE', 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text === '' ? '{}' : text);
  } catch {
    throw new Refusal('BAD_REQUEST_BODY', 400);
  }
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body);
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
