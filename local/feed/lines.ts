import { MAX_LINE_BYTES, type OversizeLine } from './records';

const NEWLINE = 0x0a;

/**
 * Splits a stream of bytes at line feeds and drops lines of nothing but white space. Holds at most one line and one chunk:
 * of a line that no stream accepts only the length is kept.
 */
export async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer | OversizeLine> {
  let parts: Buffer[] = [];
  let bytes = 0;
  let line = 1;
  const add = (part: Buffer) => {
    bytes += part.length;
    if (bytes <= MAX_LINE_BYTES) parts.push(part);
    else parts = [];
  };
  const take = (): Buffer | OversizeLine | undefined => {
    const whole = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
    const found = bytes > MAX_LINE_BYTES ? { line, bytes } : isBlank(whole) ? undefined : whole;
    parts = [];
    bytes = 0;
    line++;
    return found;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      add(chunk.subarray(start, end));
      start = end + 1;
      const found = take();
      if (found !== undefined) yield found;
    }
    if (start < chunk.length) add(chunk.subarray(start));
  }
  const last = take();
  if (last !== undefined) yield last;
}

function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d));
}
