/** A reply of the server: bulk strings are buffers, simple strings text; an error inside an array is one of its elements. */
export type Reply = Buffer | string | number | null | RedisError | Reply[];

/** An error the server answered with. */
export class RedisError extends Error {
  override name = 'RedisError';
  /** The first word of the answer, as `NOPERM` or `WRONGPASS`. */
  readonly code: string;

  /** @param answer of which only the first word is kept: the others may quote what was sent */
  constructor(answer: string) {
    const code = answer.split(' ', 1)[0] as string;
    super(`Redis refused a command: ${code}`);
    this.code = code;
  }
}

/** A command and its arguments as the server reads them. @param words ASCII text or bytes */
export function encodeCommand(words: readonly (string | Uint8Array)[]): Buffer {
  let size = 16;
  for (const word of words) size += word.length + 16;
  const command = Buffer.allocUnsafe(size);
  let end = command.write(`*${words.length}\r\n`, 0, 'latin1');
  for (const word of words) {
    end += command.write(`$${word.length}\r\n`, end, 'latin1');
    if (typeof word === 'string') {
      end += command.write(word, end, 'latin1');
    } else {
      command.set(word, end);
      end += word.length;
    }
    command[end++] = CR;
    command[end++] = LF;
  }
  return command.subarray(0, end);
}

const CR = 13;
const LF = 10;
const [SIMPLE, ERROR, INTEGER, BULK, ARRAY] = [...Buffer.from('+-:$*')] as [number, number, number, number, number];

/** Reads RESP 2 as it arrives, in pieces of any size. */
export class ReplyReader {
  private received: Buffer[] = [];
  private size = 0;
  /** As many bytes are needed before there is anything to read. */
  private needed = 1;
  private data: Buffer = Buffer.alloc(0);
  private position = 0;
  /** Arrays that are not complete, the outermost first. */
  private readonly open: { items: Reply[]; length: number }[] = [];

  /** @param onReply told of each complete reply, in order */
  constructor(private readonly onReply: (reply: Reply) => void) {}

  /** @throws Error on bytes that are not RESP 2 */
  push(chunk: Buffer): void {
    this.received.push(chunk);
    this.size += chunk.length;
    if (this.size < this.needed) return;
    this.data = this.received.length === 1 ? chunk : Buffer.concat(this.received, this.size);
    this.position = 0;
    for (let value = this.value(); value !== undefined; value = this.value()) this.settle(value);
    const rest = this.data.subarray(this.position);
    this.received = [rest];
    this.size = rest.length;
  }

  /** Puts a value into the innermost open array, and each array that is complete by it into the next. */
  private settle(value: Reply): void {
    let settled = value;
    for (let array = this.open.at(-1); array !== undefined; array = this.open.at(-1)) {
      array.items.push(settled);
      if (array.items.length < array.length) return;
      settled = array.items;
      this.open.pop();
    }
    this.onReply(settled);
  }

  /** The next value that is no array with elements; undefined, and nothing read, when it is not all there. */
  private value(): Reply | undefined {
    for (;;) {
      const lineEnd = this.data.indexOf(LF, this.position);
      if (lineEnd < 0) return this.wait(this.size - this.position + 1);
      const from = this.position + 1;
      const type = this.data[this.position];
      if (type === SIMPLE || type === ERROR) {
        this.position = lineEnd + 1;
        const text = this.data.toString('latin1', from, lineEnd - 1);
        return type === SIMPLE ? text : new RedisError(text);
      }
      const number = this.integer(from, lineEnd - 1);
      if (type === BULK && number >= 0) {
        const end = lineEnd + 1 + number;
        if (end + 2 > this.data.length) return this.wait(end + 2 - this.position);
        this.position = end + 2;
        return this.data.subarray(lineEnd + 1, end);
      }
      if (type !== INTEGER && type !== BULK && type !== ARRAY)
        throw new Error('Redis answered with something that is not RESP 2');
      this.position = lineEnd + 1;
      if (type === INTEGER) return number;
      if (number < 0) return null;
      if (number === 0) return [];
      this.open.push({ items: [], length: number });
    }
  }

  private wait(needed: number): undefined {
    this.needed = needed;
    return undefined;
  }

  private integer(from: number, to: number): number {
    let value = 0;
    const negative = this.data[from] === 45;
    for (let i = negative ? from + 1 : from; i < to; i++) value = value * 10 + (this.data[i] as number) - 48;
    return negative ? -value : value;
  }
}
