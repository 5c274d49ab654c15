import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import type { Workload } from '../workload';
import { recordAt } from '../workload';
import type { Load } from './worker';

/** As `redis-benchmark -P 64 -c 4`. */
const PIPELINE = 64;
const CONNECTIONS = 4;
const EXPIRY = '90300';
const END = Buffer.from('+PONG\r\n');

/** A command of the protocol. */
function command(...parts: (string | Buffer)[]): Buffer {
  const chunks = [Buffer.from(`*${parts.length}\r\n`)];
  for (const part of parts) {
    const bytes = Buffer.from(part as string);
    chunks.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n'));
  }
  return Buffer.concat(chunks);
}

const PING = command('PING');

/** Sends one pipeline after the other, each when all replies to the one before are there: to its last command they end in PONG. */
async function drive(socket: TLSSocket, pipelines: readonly Buffer[]): Promise<void> {
  let tail: Buffer = Buffer.alloc(0);
  let sent = 0;
  let first = false;
  await new Promise<void>((resolve, reject) => {
    const next = () => {
      const pipeline = pipelines[sent++];
      first = true;
      if (pipeline === undefined) resolve();
      else socket.write(pipeline);
    };
    socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
      if (first && chunk[0] === 0x2d) reject(new Error(chunk.toString('latin1', 0, 80)));
      first = false;
      tail =
        chunk.length >= END.length ? chunk.subarray(-END.length) : Buffer.concat([tail, chunk]).subarray(-END.length);
      if (tail.equals(END)) next();
    });
    socket.once('error', reject).once('close', () => reject(new Error('Valkey closed the connection')));
    next();
  });
}

/** One pipeline of commands after the other, each with a PING behind it. */
function pipelines(commands: readonly Buffer[]): Buffer[] {
  return Array.from({ length: Math.ceil(commands.length / PIPELINE) }, (_, i) =>
    Buffer.concat([...commands.slice(i * PIPELINE, (i + 1) * PIPELINE), PING]),
  );
}

async function open(): Promise<TLSSocket> {
  const { REDIS_HOST: host = '', REDIS_PORT: port, REDIS_USER: user = '' } = process.env;
  const socket = connect({ host, port: Number(port) });
  await once(socket, 'secureConnect');
  await drive(socket, [Buffer.concat([command('AUTH', user, 'any'), PING])]);
  return socket;
}

/**
 * The Redis commands of these transactions and nothing else: an APPEND and a GETEX for each of the four histories, on copies
 * of the histories that the path keeps, with records of `recordBytes`.
 */
export async function redisLoad(from: number, count: number, recordBytes: number, workload: Workload): Promise<Load> {
  const keys = Array.from({ length: count }, (_, i) => {
    const { customerId, paymentToken, deviceId, ipAddress } = JSON.parse(recordAt(from + i, workload));
    return [`customer:${customerId}`, `token:${paymentToken}`, `device:${deviceId}`, `address:${ipAddress}`];
  });
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, open));
  const share = (commands: Buffer[]) => {
    const all = pipelines(commands);
    return sockets.map((_, n) => all.slice((n * all.length) / CONNECTIONS, ((n + 1) * all.length) / CONNECTIONS));
  };
  try {
    const copies = [...new Set(keys.flat())].map((key) =>
      command('COPY', `history:2:${key}`, `limit:${key}`, 'REPLACE'),
    );
    const prepared = share(copies);
    await Promise.all(sockets.map((socket, n) => drive(socket, prepared[n] as Buffer[])));
    const record = Buffer.alloc(recordBytes, 1);
    const load = share(
      keys.flatMap((four) =>
        four.flatMap((key) => [
          command('APPEND', `limit:${key}`, record),
          command('GETEX', `limit:${key}`, 'EX', EXPIRY),
        ]),
      ),
    );
    const cpu = process.cpuUsage();
    const started = performance.now();
    await Promise.all(sockets.map((socket, n) => drive(socket, load[n] as Buffer[])));
    const seconds = (performance.now() - started) / 1_000;
    const { user, system } = process.cpuUsage(cpu);
    return { transactions: count, seconds, cpuSeconds: (user + system) / 1e6 };
  } finally {
    for (const socket of sockets) socket.removeAllListeners('close').destroy();
  }
}
