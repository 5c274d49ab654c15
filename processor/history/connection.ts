import { connect, type TLSSocket } from 'node:tls';
import { encodeCommand, RedisError, type Reply, ReplyReader } from './resp';

/** How long to wait until a connection is open and signed in, milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;
/** How long to wait for a reply, milliseconds: a batch takes the server some tens. */
const COMMAND_TIMEOUT_MS = 10_000;

/** A connection that could not be opened, or broke. What became of commands that were under way is not known. */
export class ConnectionError extends Error {
  override name = 'ConnectionError';
  readonly code: string;

  constructor(reason: string, code: string) {
    super(`the connection to Redis ${reason} (${code}); the next batch opens another`);
    this.code = code;
  }
}

export interface ConnectionOptions {
  host: string;
  port: number;
  username: string;
  password: string;
  /** PEM. @default the authorities Node knows */
  ca?: string;
}

interface Pending {
  command: Buffer;
  timeoutMs: number;
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

/**
 * One connection over TLS. Once it breaks everything pending fails at once, and so does every later call.
 *
 * One command is under way at a time: the server runs all that it has read before it goes on sending, so the reply to the first
 * of several scripts would come with that to the last.
 */
export class RedisConnection {
  /** The first is under way. */
  private readonly pending: Pending[] = [];
  private timer: NodeJS.Timeout | undefined;
  private broken: ConnectionError | undefined;

  private constructor(private readonly socket: TLSSocket) {
    const reader = new ReplyReader((reply) => {
      const first = this.pending.shift();
      if (reply instanceof RedisError) first?.reject(reply);
      else first?.resolve(reply);
      this.sendFirst();
    });
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch {
        this.fail('sent what cannot be read', 'EPROTO');
      }
    });
    socket.on('error', (error: NodeJS.ErrnoException) => this.fail('broke', error.code ?? error.name));
    socket.on('close', () => this.fail('was closed', 'ECONNRESET'));
  }

  /** Opens a connection and signs in. @throws ConnectionError; RedisError when the sign-in is refused */
  static async open({ username, password, ...address }: ConnectionOptions): Promise<RedisConnection> {
    const connection = new RedisConnection(connect({ ...address, servername: address.host }));
    try {
      await connection.call(['AUTH', username, password], CONNECT_TIMEOUT_MS);
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Whether it can still be used. */
  get usable(): boolean {
    return this.broken === undefined;
  }

  /**
   * Sends one command, once those before it have their replies.
   *
   * @param words ASCII text or bytes
   * @throws RedisError when the server refuses it, ConnectionError when there is no reply
   */
  call(words: readonly (string | Uint8Array)[], timeoutMs = COMMAND_TIMEOUT_MS): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.broken !== undefined) return reject(this.broken);
      this.pending.push({ command: encodeCommand(words), timeoutMs, resolve, reject });
      if (this.pending.length === 1) this.sendFirst();
    });
  }

  close(): void {
    this.fail('was closed', 'ECONNABORTED');
  }

  private sendFirst(): void {
    clearTimeout(this.timer);
    const [first] = this.pending;
    if (first === undefined) return;
    this.timer = setTimeout(() => this.fail('gave no answer in time', 'ETIMEDOUT'), first.timeoutMs);
    this.socket.write(first.command);
  }

  private fail(reason: string, code: string): void {
    if (this.broken !== undefined) return;
    this.broken = new ConnectionError(reason, code);
    this.socket.destroy();
    clearTimeout(this.timer);
    for (const { reject } of this.pending.splice(0)) reject(this.broken);
  }
}
