import { Duplex } from 'node:stream';

const connect = jest.fn();
jest.mock('node:tls', () => ({ connect }));

import { RedisConnection } from '../../../../processor/history/connection';

/** The other end of a connection: what was sent, and what the server answers. */
class Socket extends Duplex {
  sent: string[] = [];
  setNoDelay = jest.fn();
  override _read() {}
  override _write(chunk: Buffer, _: string, done: () => void) {
    this.sent.push(chunk.toString('latin1'));
    done();
  }
}

let socket: Socket;

beforeEach(() => {
  jest.useFakeTimers();
  socket = new Socket();
  connect.mockReset().mockReturnValue(socket);
});
afterEach(() => jest.useRealTimers());

const OPTIONS = { host: 'cache.example', port: 6379, username: 'user', password: 'secret' };

async function open() {
  const opening = RedisConnection.open(OPTIONS);
  socket.push('+OK\r\n');
  return opening;
}

test('opens over TLS for the name of the host, and signs in', async () => {
  expect((await open()).usable).toBe(true);
  expect(connect).toHaveBeenCalledWith({ host: 'cache.example', port: 6379, servername: 'cache.example' });
  expect(socket.sent).toEqual(['*3\r\n$4\r\nAUTH\r\n$4\r\nuser\r\n$6\r\nsecret\r\n']);
});

test('a sign-in that is refused closes the connection and tells nothing secret', async () => {
  const opening = RedisConnection.open(OPTIONS);
  socket.push('-WRONGPASS secret\r\n');
  await expect(opening).rejects.toMatchObject({ code: 'WRONGPASS', message: 'Redis refused a command: WRONGPASS' });
  expect(socket.destroyed).toBe(true);
});

test('a server that does not answer is given up after five seconds', async () => {
  const opening = RedisConnection.open(OPTIONS);
  jest.advanceTimersByTime(4_999);
  expect(socket.destroyed).toBe(false);
  jest.advanceTimersByTime(1);
  await expect(opening).rejects.toMatchObject({ name: 'ConnectionError', code: 'ETIMEDOUT' });
});

test('one command is under way at a time; replies go to the commands in their order, and a refusal to its own', async () => {
  const connection = await open();
  socket.sent = [];
  const calls = [connection.call(['GET', 'a']), connection.call(['DEL', 'a']), connection.call(['GET', 'b'])];
  expect(socket.sent).toEqual(['*2\r\n$3\r\nGET\r\n$1\r\na\r\n']);
  const outcomes: string[] = [];
  for (const [i, reply] of ['$1\r\n1\r\n', '-NOPERM no\r\n', '$1\r\n2\r\n'].entries()) {
    expect(socket.sent).toHaveLength(i + 1);
    socket.push(reply);
    const [outcome] = await Promise.allSettled([calls[i]]);
    outcomes.push(outcome?.status as string);
  }
  expect(outcomes).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(await calls[2]).toEqual(Buffer.from('2'));
  expect(connection.usable).toBe(true);
});

test.each([
  ['breaks', () => socket.destroy(Object.assign(new Error('reset'), { code: 'ECONNRESET' })), 'ECONNRESET'],
  ['ends', () => socket.destroy(), 'ECONNRESET'],
  ['says what cannot be read', () => socket.push('HTTP/1.1 200\r\n'), 'EPROTO'],
  ['says nothing for ten seconds', () => jest.advanceTimersByTime(10_000), 'ETIMEDOUT'],
])('a connection that %s fails everything pending at once and stays unusable', async (_, event, code) => {
  const connection = await open();
  const calls = [connection.call(['GET', 'a']), connection.call(['GET', 'b'])];
  event();
  for (const call of calls) await expect(call).rejects.toMatchObject({ name: 'ConnectionError', code });
  expect(connection.usable).toBe(false);
  await expect(connection.call(['GET', 'c'])).rejects.toMatchObject({ code });
  expect(socket.destroyed).toBe(true);
  expect(jest.getTimerCount()).toBe(0);
});

test('a connection that waits for nothing may be silent', async () => {
  const connection = await open();
  jest.advanceTimersByTime(3_600_000);
  expect(connection.usable).toBe(true);
});
