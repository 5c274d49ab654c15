import fc from 'fast-check';
import { encodeCommand, RedisError, type Reply, ReplyReader } from '../../../../processor/history/resp';

/** What is read from bytes that come in pieces of the given sizes, again and again. */
function read(bytes: Buffer, sizes: readonly number[] = [bytes.length]): Reply[] {
  const replies: Reply[] = [];
  const reader = new ReplyReader((reply) => replies.push(reply));
  let size = 0;
  for (let from = 0; from < bytes.length; from += sizes[size++ % sizes.length] as number)
    reader.push(bytes.subarray(from, from + (sizes[size % sizes.length] as number)));
  return replies;
}

/** As a server writes it. */
function write(reply: Reply): Buffer {
  if (reply === null) return Buffer.from('$-1\r\n');
  if (typeof reply === 'number') return Buffer.from(`:${reply}\r\n`);
  if (typeof reply === 'string') return Buffer.from(`+${reply}\r\n`);
  if (Buffer.isBuffer(reply)) return Buffer.concat([Buffer.from(`$${reply.length}\r\n`), reply, Buffer.from('\r\n')]);
  if (Array.isArray(reply)) return Buffer.concat([Buffer.from(`*${reply.length}\r\n`), ...reply.map(write)]);
  return Buffer.from(`-${reply.code} and more\r\n`);
}

const { reply } = fc.letrec<{ reply: Reply; leaf: Reply }>((tie) => ({
  reply: fc.oneof({ depthSize: 'small' }, tie('leaf'), fc.array(tie('reply'), { maxLength: 5 })),
  leaf: fc.oneof(
    fc.constant(null),
    fc.integer(),
    fc.constantFrom('OK', 'QUEUED'),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom('ERR', 'NOPERM').map((code) => new RedisError(code)),
  ),
}));

test('replies are read whatever the pieces they come in', () => {
  fc.assert(
    fc.property(fc.array(reply), fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (replies, sizes) => {
      const bytes = Buffer.concat(replies.map(write));
      expect(read(bytes)).toEqual(replies);
      expect(read(bytes, sizes.slice(0, 1))).toEqual(replies);
    }),
    { numRuns: 300 },
  );
});

test('each kind of reply is what it says', () => {
  const bytes = Buffer.from(
    '+OK\r\n:-12\r\n$3\r\na\r\n\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n*2\r\n*1\r\n:1\r\n-ERR no\r\n',
  );
  expect(read(bytes)).toEqual([
    'OK',
    -12,
    Buffer.from('a\r\n'),
    Buffer.alloc(0),
    null,
    null,
    [],
    [[1], expect.any(RedisError)],
  ]);
});

test('an error keeps its first word and nothing that may quote what was sent', () => {
  const [error] = read(Buffer.from('-WRONGPASS invalid secret-value\r\n')) as RedisError[];
  expect(error).toMatchObject({ name: 'RedisError', code: 'WRONGPASS', message: 'Redis refused a command: WRONGPASS' });
});

test.each(['HTTP/1.1 400 Bad Request\r\n', '%1\r\n+a\r\n:1\r\n'])('what is no RESP 2 is refused: %j', (text) => {
  expect(() => read(Buffer.from(text))).toThrow('Redis answered with something that is not RESP 2');
});

test('a command is an array of its words', () => {
  expect(encodeCommand(['SET', 'key', Buffer.from([0, 13, 10, 255])])).toEqual(
    Buffer.concat([Buffer.from('*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$4\r\n'), Buffer.from([0, 13, 10, 255, 13, 10])]),
  );
  const words = Array.from({ length: 2_000 }, (_, i) => String(i));
  expect(read(encodeCommand(words))).toEqual([words.map((word) => Buffer.from(word))]);
});
