import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Load } from './worker';

/** pg's connection, of which its types leave out what COPY takes. */
interface CopyConnection {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/** A COPY in the form that pg's client takes as a query. */
class Copy {
  readonly rows: Buffer[] = [];
  readonly done: Promise<void>;
  private settle: { resolve: () => void; reject: (error: Error) => void } | undefined;

  constructor(
    private readonly text: string,
    private readonly input?: Buffer,
  ) {
    this.done = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
  }

  submit(connection: CopyConnection): void {
    connection.query(this.text);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    connection.sendCopyFromChunk(this.input as Buffer);
    connection.endCopyFrom();
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    this.rows.push(Buffer.from(chunk)); // pg uses its own again for what comes next
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.settle?.resolve();
  }

  handleError(error: Error): void {
    this.settle?.reject(error);
  }
}

async function copy(client: Client, text: string, input?: Buffer): Promise<Buffer[]> {
  const query = new Copy(text, input);
  client.query(query as never);
  await query.done;
  return query.rows;
}

const CONNECTIONS = 2;

/**
 * COPY of rows that the path has stored, each table's at once and split over two connections.
 *
 * @param tables by name of the table they go into: the query that gives the rows, which is not part of the time
 * @param transactions how many transactions these rows are
 */
export async function copyRows(tables: Record<string, string>, transactions: number): Promise<Load> {
  const clients = await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const client = new Client({
        host: process.env.DATABASE_HOST,
        port: Number(process.env.DATABASE_PORT),
        database: process.env.DATABASE_NAME,
        user: process.env.DATABASE_USER,
        ssl: { ca: readFileSync(join(process.env.LAMBDA_TASK_ROOT ?? '', 'rds-ca.pem'), 'utf8') },
      });
      await client.connect();
      return client;
    }),
  );
  try {
    const [reader] = clients as [Client];
    const work: { table: string; halves: Buffer[] }[] = [];
    for (const [table, query] of Object.entries(tables)) {
      const rows = await copy(reader, `COPY (${query}) TO STDOUT`);
      const halves = clients.map((_, n) =>
        Buffer.concat(rows.slice((n * rows.length) / CONNECTIONS, ((n + 1) * rows.length) / CONNECTIONS)),
      );
      work.push({ table, halves });
    }
    const cpu = process.cpuUsage();
    const started = performance.now();
    await Promise.all(
      clients.map(async (client, n) => {
        await client.query('BEGIN');
        for (const { table, halves } of work) await copy(client, `COPY ${table} FROM STDIN`, halves[n]);
        await client.query('COMMIT');
      }),
    );
    const seconds = (performance.now() - started) / 1_000;
    const { user, system } = process.cpuUsage(cpu);
    return { transactions, seconds, cpuSeconds: (user + system) / 1e6 };
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}
