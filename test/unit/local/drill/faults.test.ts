import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { drawFaults, FAULTS, strike } from '../../../../local/drill/faults';
import { Random } from '../../../../local/feed/generator/random';

const draw = (seed: number) => {
  const faults = drawFaults(new Random(seed));
  return Array.from({ length: 8 }, () => faults.next().value);
};

test('every fault comes once before any comes again, in an order that the seed draws', () => {
  const drawn = draw(3);
  expect(drawn.slice(0, 4).toSorted()).toEqual([...FAULTS].toSorted());
  expect(drawn.slice(4).toSorted()).toEqual([...FAULTS].toSorted());
  expect(draw(3)).toEqual(drawn);
  expect(new Set([1, 2, 3, 4, 5].map((seed) => draw(seed).join())).size).toBeGreaterThan(1);
});

/** Servers that note what is done to them, and a process of the function and one of another. */
function platform() {
  const done: string[] = [];
  const server = (name: string) => ({
    cut: () => void done.push(`cut ${name}`),
    crash: async () => void done.push(`crash ${name}`),
  });
  const own = spawn('sleep', ['60']);
  const other = spawn('sleep', ['60']);
  const processes = () => [
    { pid: own.pid ?? 0, name: 'stream-local 1', own: true },
    { pid: other.pid ?? 0, name: 'operations-local 1', own: true },
  ];
  const outputs = { processorFunctionName: 'stream-local' };
  return {
    done,
    own,
    other,
    platform: { servers: { valkey: server('v'), postgres: server('p') }, processes, outputs },
  };
}

/** Zeros: nothing is away for any time. */
const atOnce = { integer: () => 0 } as unknown as Random;

test('a server is crashed, and of a broken connection both ends are', async () => {
  const { done, own, other, platform: stricken } = platform();
  for (const fault of ['valkey', 'postgres', 'connection'] as const) await strike(fault, stricken, atOnce);
  expect(done.slice(0, 4)).toEqual(['crash v', 'crash p', 'cut v', 'cut p']);
  own.kill();
  other.kill();
});

test('of the processes only those of the stream’s function are killed', async () => {
  const { own, other, platform: stricken } = platform();
  const ended = once(own, 'exit');
  await strike('worker', stricken, atOnce);
  expect((await ended)[1]).toBe('SIGKILL');
  expect(other.signalCode).toBeNull();
  other.kill();
});
