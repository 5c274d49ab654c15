// The one processor process of the measurement, and the two loads it is compared with: each in Node 24, bundled as the
// functions are. Answers one command at a time; what prepares a load is not part of its time.
import { createRequire } from 'node:module';
import type { KinesisStreamEvent } from 'aws-lambda';
import { recordAt, type Workload } from '../workload';
import { copyRows } from './copy-load';
import { redisLoad } from './redis-load';

/** What a load took. `cpuSeconds` is this process's. */
export interface Load {
  transactions: number;
  seconds: number;
  cpuSeconds: number;
}

type Handler = (event: unknown, context?: object) => Promise<unknown>;

const functionOf = (name: string) => createRequire(__filename)(`./${name}.js`).handler as Handler;
let stream: Handler | undefined;

/** Batches of the stream's function, as the event source mapping hands them over. */
function events(from: number, count: number, batch: number, workload: Workload): KinesisStreamEvent[] {
  return Array.from({ length: Math.ceil(count / batch) }, (_, n) => ({
    Records: Array.from({ length: Math.min(batch, count - n * batch) }, (_, i) => {
      const index = from + n * batch + i;
      const data = Buffer.from(recordAt(index, workload)).toString('base64');
      return { eventID: `shardId-000000000000:${index}`, kinesis: { data } };
    }),
  })) as never;
}

/** Runs `work` on each item, `lanes` at a time, and times it. */
async function timed<T>(items: readonly T[], lanes: number, work: (item: T) => Promise<unknown>) {
  const waiting = items.values();
  const cpu = process.cpuUsage();
  const started = performance.now();
  const lane = async () => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  const seconds = (performance.now() - started) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds, cpuSeconds: (user + system) / 1e6 };
}

const commands: Record<string, (...args: never[]) => Promise<unknown>> = {
  /** As the deployment does, with the master's credentials. */
  async migrate() {
    const user = process.env.DATABASE_USER;
    process.env.DATABASE_USER = 'tap_operator';
    const invokedFunctionArn = 'arn:aws:lambda:ap-northeast-1:123456789012:function:bench:$LATEST';
    await functionOf('operations')({ action: 'migrate' }, { awsRequestId: 'bench', invokedFunctionArn });
    process.env.DATABASE_USER = user;
  },

  /** The whole path: records `from` to `from + count` of the workload through the stream's function. */
  async path(from: number, count: number, lanes: number, batch: number, workload: Workload): Promise<Load> {
    stream ??= functionOf('processor');
    const taken = await timed(events(from, count, batch, workload), lanes, stream);
    return { transactions: count, ...taken };
  },

  redis: redisLoad,
  copy: copyRows,
};

process.on('message', async ({ command, args }: { command: string; args: never[] }) => {
  try {
    process.send?.({ result: await commands[command]?.(...args) });
  } catch (error) {
    process.send?.({ error: (error as Error).message });
  }
});
process.once('disconnect', () => process.exit());
