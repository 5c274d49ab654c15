import { get, type IncomingHttpHeaders, request } from 'node:http';
import type { Update } from '../../../../local/console/monitor';
import { type Console, startConsole } from '../../../../local/console/server';
import { alertOf, FakeMonitor, NO_TOTALS, secondAt } from './fake-monitor';

let monitor: FakeMonitor;
let server: Console;
const verify = jest.fn<Promise<object>, [string]>();

beforeEach(async () => {
  monitor = new FakeMonitor({ alerts: [alertOf()] });
  verify.mockReset();
  server = await startConsole({ monitor, source: 'file.ndjson', verify });
});
afterEach(() => server.close());

interface Answer {
  status?: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Node's own client, which sends any Host and sets no header by itself. */
function ask(path: string, { method = 'GET', headers = {} } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(new URL(path, server.url), { method, headers }, async (response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve({ status: response.statusCode, headers: response.headers, body });
    })
      .on('error', reject)
      .end();
  });
}

test('listens on the loopback address and a free port', () => {
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
});

test.each([
  ['/', 'text/html; charset=utf-8', '<title>JapanCart transaction monitoring</title>'],
  ['/base.css', 'text/css; charset=utf-8', 'color-scheme'],
  ['/console.css', 'text/css; charset=utf-8', '.figures dd'],
  ['/alerts.css', 'text/css; charset=utf-8', '#alerts li'],
  ['/console.js', 'text/javascript; charset=utf-8', "new EventSource('/events')"],
  ['/alerts.js', 'text/javascript; charset=utf-8', 'export class AlertList'],
  ['/plots.js', 'text/javascript; charset=utf-8', 'export class Plot'],
  ['/icon.svg', 'image/svg+xml', '<svg'],
  ['/uplot.js', 'text/javascript; charset=utf-8', 'uPlot'],
  ['/uplot.css', 'text/css; charset=utf-8', '.uplot'],
])('serves %s as %s', async (path, type, part) => {
  const { status, headers, body } = await ask(path);
  expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type });
  expect(body).toContain(part);
});

test('nothing but its own files may run, nothing may frame it, and nobody keeps it', async () => {
  const { headers } = await ask('/');
  expect(headers).toMatchObject({
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  });
  expect(headers['access-control-allow-origin']).toBeUndefined();
});

test('the page names no resource elsewhere', async () => {
  for (const path of ['/', '/base.css', '/console.css', '/alerts.css', '/console.js', '/alerts.js', '/plots.js']) {
    expect((await ask(path)).body).not.toMatch(/https?:\/\/|src="\/\/|url\(/);
  }
});

test.each([
  ['a rebound name', '/', { headers: { host: 'evil.example:80' } }, 421],
  ['another port', '/', { headers: { host: '127.0.0.1:1' } }, 421],
  ['another method', '/', { method: 'POST' }, 405],
  ['a script of another site', '/transactions/tx_1/verify', { headers: { 'sec-fetch-site': 'cross-site' } }, 403],
  ['a page of a sibling site', '/events', { headers: { 'sec-fetch-site': 'same-site' } }, 403],
  ['an unknown path', '/console.ts', {}, 404],
  ['a path outside', '/../package.json', {}, 404],
  ['an id that is none', '/transactions/a%20b/verify', {}, 404],
])('refuses %s', async (_, path, options, status) => {
  expect((await ask(path, options)).status).toBe(status);
  expect(verify).not.toHaveBeenCalled();
});

test('answers to localhost, to a typed address and to a link from elsewhere', async () => {
  const { port } = new URL(server.url);
  expect((await ask('/', { headers: { host: `localhost:${port}` } })).status).toBe(200);
  expect((await ask('/', { headers: { 'sec-fetch-site': 'none' } })).status).toBe(200);
  expect((await ask('/', { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(200);
});

test('verifies a transaction, and passes on why it cannot', async () => {
  verify.mockResolvedValueOnce({ identical: true });
  const found = await ask('/transactions/tx_1:a.b-c/verify');
  expect([found.status, JSON.parse(found.body)]).toEqual([200, { identical: true }]);
  expect(verify).toHaveBeenCalledWith('tx_1:a.b-c');
  verify.mockRejectedValueOnce(new Error('no transaction has the id tx_2'));
  const missing = await ask('/transactions/tx_2/verify');
  expect([missing.status, JSON.parse(missing.body)]).toEqual([502, { error: 'no transaction has the id tx_2' }]);
});

test('a page gets what was before and then every update, until it leaves', async () => {
  const messages: string[] = [];
  let got = () => {};
  const listening = new Promise<() => void>((resolve, reject) => {
    const asked = get(new URL('/events', server.url), (response) => {
      response.setEncoding('utf8').on('data', (text: string) => {
        messages.push(text);
        got();
      });
      expect(response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
      resolve(() => asked.destroy());
    }).on('error', reject);
  });
  const next = () =>
    new Promise<void>((resolve) => {
      got = resolve;
    });
  const first = next();
  const leave = await listening;
  await first;
  const snapshot = { source: 'file.ndjson', seconds: [], totals: NO_TOTALS, alerts: [alertOf()], patterns: [] };
  expect(messages).toEqual([`event: snapshot\ndata: ${JSON.stringify(snapshot)}\n\n`]);

  const update: Update = { second: secondAt(1, 2), totals: NO_TOTALS, alerts: [], patterns: [] };
  const second = next();
  monitor.emit('update', update);
  await second;
  expect(messages[1]).toBe(`event: update\ndata: ${JSON.stringify(update)}\n\n`);
  leave();
});

test('closing ends open pages and listens no more', async () => {
  const closed = new Promise((resolve) => {
    get(new URL('/events', server.url), (response) => response.on('data', () => {}).on('close', resolve)).on(
      'error',
      resolve,
    );
  });
  await server.close();
  await closed;
  await expect(ask('/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(monitor.listenerCount('update')).toBe(0);
});
