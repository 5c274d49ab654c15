import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { LineFile } from '../../../../local/feed/file';
import { splitLines } from '../../../../local/feed/lines';
import { type FeedItem, MAX_LINE_BYTES, recordOf, recordsOf } from '../../../../local/feed/records';

const folder = mkdtempSync(join(tmpdir(), 'tap-feed-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

async function feedOf(name: string, content: string | Buffer): Promise<FeedItem[]> {
  const file = join(folder, name);
  writeFileSync(file, content);
  return collect(recordsOf(new LineFile(file)));
}

const texts = (items: FeedItem[]) => items.map((item) => ('data' in item ? Buffer.from(item.data).toString() : item));

describe('recordOf', () => {
  test('keeps the bytes, and takes key and time from where they are', () => {
    const data = Buffer.from('{"customerId":"cus_1","occurredAt":"2026-04-01T09:00:00.5+09:00"}');
    expect(recordOf(data)).toEqual({ data, partitionKey: 'cus_1', time: Date.parse('2026-04-01T00:00:00.500Z') });
  });

  test('finds the key behind a byte order mark', () => {
    expect(recordOf(Buffer.from('\uFEFF{"customerId":"cus_1"}')).partitionKey).toBe('cus_1');
  });

  test.each([
    ['no JSON', 'not json'],
    ['null', 'null'],
    ['a key that is no text', '{"customerId":7}'],
    ['an empty key', '{"customerId":""}'],
    ['a key that is no Unicode, which no stream takes', '{"customerId":"\\ud800"}'],
    ['a key that is too long', `{"customerId":"${'x'.repeat(257)}"}`],
  ])('falls back to a hash for %s', (_, line) => {
    const { partitionKey, time } = recordOf(Buffer.from(line));
    expect(partitionKey).toBe(createHash('sha256').update(line).digest('hex'));
    expect(time).toBeUndefined();
  });
});

describe('LineFile', () => {
  test('gives each line that is not blank, with its bytes as they stand', async () => {
    const items = await feedOf('plain.ndjson', '{"a":1}\r\n\n  \t\r\n not json \nlast');
    expect(texts(items)).toEqual(['{"a":1}\r', ' not json ', 'last']);
  });

  test('unpacks gzip by its first bytes, whatever the name, and several members', async () => {
    const content = Buffer.concat([gzipSync('{"a":1}\n{"a"'), gzipSync(':2}\n')]);
    expect(texts(await feedOf('packed.ndjson', content))).toEqual(['{"a":1}', '{"a":2}']);
    expect(texts(await feedOf('plain.gz', 'x\ny'))).toEqual(['x', 'y']);
  });

  test.each([
    ['', []],
    ['x', ['x']],
  ])('reads a file of the bytes %j', async (content, expected) => {
    expect(texts(await feedOf('short', content))).toEqual(expected);
  });

  test('reports a line that no stream accepts, and goes on', async () => {
    const longest = 'x'.repeat(MAX_LINE_BYTES);
    const items = await feedOf('long', `a\n\n${longest}y\n${longest}\nb`);
    expect(texts(items)).toEqual(['a', { line: 3, bytes: MAX_LINE_BYTES + 1 }, longest, 'b']);
  });

  test('says so when the file ends early', async () => {
    const file = join(folder, 'cut.gz');
    writeFileSync(file, gzipSync('{"a":1}\n').subarray(0, -9));
    await expect(collect(new LineFile(file))).rejects.toMatchObject({
      name: 'FileError',
      message: `--input: ${file} cannot be read to its end: unexpected end of file`,
    });
  });

  test('says how far it has read', async () => {
    writeFileSync(join(folder, 'two'), 'a\nb\n');
    const lines = new LineFile(join(folder, 'two'));
    expect(lines.fraction).toBe(0);
    await collect(lines);
    expect(lines.fraction).toBe(1);
  });
});

test('splitLines joins lines across chunks of any size', async () => {
  const text = 'one\ntwo\n\nthree\n';
  for (let size = 1; size <= text.length; size++) {
    const chunks = (async function* () {
      for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size));
    })();
    expect((await collect(splitLines(chunks))).map(String)).toEqual(['one', 'two', 'three']);
  }
});
