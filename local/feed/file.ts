import { createReadStream } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { splitLines } from './lines';
import { type FeedItem, recordOf } from './records';

/** The file could not be read to its end. */
export class FileError extends Error {
  override readonly name = 'FileError';
}

/**
 * The records of an NDJSON file in its order, in constant memory. A file that begins with gzip's magic bytes (RFC 1952) is
 * unpacked, whatever its name.
 *
 * @throws FileError when the file cannot be read to its end; the records before that have been given
 */
export async function* readFileFeed(file: string): AsyncGenerator<FeedItem> {
  const source = createReadStream(file, { highWaterMark: 256 * 1024 });
  try {
    for await (const found of splitLines(await unpacked(source)))
      yield Buffer.isBuffer(found) ? recordOf(found) : found;
  } catch (error) {
    throw new FileError(`--input: ${file} cannot be read to its end: ${(error as Error).message}`, { cause: error });
  } finally {
    source.destroy();
  }
}

async function unpacked(source: Readable): Promise<AsyncIterable<Buffer>> {
  const chunks: AsyncIterator<Buffer> = source[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < 2) {
    const { value, done } = await chunks.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  const bytes = (async function* () {
    yield head;
    yield* { [Symbol.asyncIterator]: () => chunks };
  })();
  if (head[0] !== 0x1f || head[1] !== 0x8b) return bytes;
  const gunzip = createGunzip();
  // An error of either side reaches who reads `gunzip`; the callback has nothing to add.
  pipeline(bytes, gunzip, () => {});
  return gunzip;
}
