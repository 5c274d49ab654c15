import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Snapshot, Update } from './monitor';

/** Bytes that may wait for a page that does not read, before it is cut off; it joins again by itself. */
const MAX_BACKLOG_BYTES = 1024 * 1024;

/** The page needs nothing from anywhere else, and nothing else may put it in a frame. uPlot sets styles through the object model. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

const pageFile = (name: string) => join(__dirname, 'page', name);
const uplotFile = (name: string) => join(require.resolve('uplot/package.json'), '..', 'dist', name);

const FILES: Readonly<Record<string, { type: string; file: string }>> = {
  '/': { type: 'text/html; charset=utf-8', file: pageFile('index.html') },
  '/base.css': { type: 'text/css; charset=utf-8', file: pageFile('base.css') },
  '/console.css': { type: 'text/css; charset=utf-8', file: pageFile('console.css') },
  '/alerts.css': { type: 'text/css; charset=utf-8', file: pageFile('alerts.css') },
  '/console.js': { type: 'text/javascript; charset=utf-8', file: pageFile('console.js') },
  '/alerts.js': { type: 'text/javascript; charset=utf-8', file: pageFile('alerts.js') },
  '/plots.js': { type: 'text/javascript; charset=utf-8', file: pageFile('plots.js') },
  '/icon.svg': { type: 'image/svg+xml', file: pageFile('icon.svg') },
  '/uplot.js': { type: 'text/javascript; charset=utf-8', file: uplotFile('uPlot.esm.js') },
  '/uplot.css': { type: 'text/css; charset=utf-8', file: uplotFile('uPlot.min.css') },
};

/** The part of a monitor that a page needs. */
export interface Figures {
  on(event: 'update', listener: (update: Update) => void): unknown;
  off(event: 'update', listener: (update: Update) => void): unknown;
  snapshot(): Snapshot;
}

export interface ConsoleOptions {
  monitor: Figures;
  /** What is streamed, for the page's head. */
  source: string;
  /** Judges a transaction again and compares. */
  verify: (transactionId: string) => Promise<object>;
}

export interface Console {
  url: string;
  /** Ends every connection. */
  close(): Promise<void>;
}

/**
 * Serves the page on 127.0.0.1 and a free port. It answers GET requests whose Host names that very address and which no
 * other site sent, so that neither a rebound name nor a page elsewhere in the browser reaches it.
 */
export async function startConsole(options: ConsoleOptions): Promise<Console> {
  const pages = new Set<ServerResponse>();
  const server: Server = createServer((request, response) => {
    respond(request, response, options, pages, (server.address() as AddressInfo).port).catch((error: Error) => {
      if (response.headersSent) response.destroy();
      else sendJson(response, 502, { error: error.message });
    });
  });
  const onUpdate = (update: Update) => {
    for (const page of pages) {
      if (page.writableLength > MAX_BACKLOG_BYTES) page.destroy();
      else page.write(event('update', update));
    }
  };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  options.monitor.on('update', onUpdate);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => {
      options.monitor.off('update', onUpdate);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { monitor, source, verify }: ConsoleOptions,
  pages: Set<ServerResponse>,
  port: number,
): Promise<void> {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  const { host, 'sec-fetch-site': site } = request.headers;
  const path = request.url?.split('?')[0] ?? '/';
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`)
    return sendText(response, 421, 'This server has another name.');
  if (request.method !== 'GET') return sendText(response.setHeader('allow', 'GET'), 405, 'Only GET is answered.');
  if (path !== '/' && site !== undefined && site !== 'same-origin' && site !== 'none') {
    return sendText(response, 403, 'Only the page itself may ask for this.');
  }
  const found = FILES[path];
  if (found !== undefined) {
    response.setHeader('content-type', found.type).end(readFileSync(found.file));
    return;
  }
  if (path === '/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.write(event('snapshot', { source, ...monitor.snapshot() }));
    pages.add(response);
    response.on('close', () => pages.delete(response));
    return;
  }
  const [, transactionId] = /^\/transactions\/([A-Za-z0-9_.:-]{1,64})\/verify$/.exec(path) ?? [];
  if (transactionId === undefined) return sendText(response, 404, 'There is no such page.');
  sendJson(response, 200, await verify(transactionId));
}

function event(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}
