import { createReadStream, type ReadStream, statSync } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { splitLines } from './lines';
import type { OversizeLine } from './records';

/** The file could not be read to its end. */
export class FileError extends Error {
  override readonly name = 'FileError';
}

/**
 * The lines of a text file in its order, without those that are blank, in constant memory. A file that begins with gzip's magic
 * bytes (RFC 1952) is unpacked, whatever its name.
 */
export class LineFile implements AsyncIterable<Buffer | OversizeLine> {
  readonly #file: string;
  readonly #bytes: number;
  #source: ReadStream | undefined;

  constructor(file: string) {
    this.#file = file;
    this.#bytes = statSync(file).size;
  }

  /** Part of the file that has been read, 0 to 1; undefined for what has no size, such as a pipe. */
  get fraction(): number | undefined {
    return this.#bytes > 0 ? Math.min(1, (this.#source?.bytesRead ?? 0) / this.#bytes) : undefined;
  }

  /** @throws FileError when the file cannot be read to its end; the lines before that have been given */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer | OversizeLine> {
    const source = createReadStream(this.#file, { highWaterMark: 256 * 1024 });
    this.#source = source;
    try {
      yield* splitLines(await unpacked(source));
    } catch (error) {
      throw new FileError(`--input: ${this.#file} cannot be read to its end: ${(error as Error).message}`, {
        cause: error,
      });
    } finally {
      source.destroy();
    }
  }
}

async function unpacked(source: ReadStream): Promise<AsyncIterable<Buffer>> {
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
