import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../feed/generator/random';
import type { Platform } from '../platform';

/** What a drill does to a run. */
export const FAULTS = ['valkey', 'postgres', 'worker', 'connection'] as const;
export type Fault = (typeof FAULTS)[number];

/** How long a server stays away, and how long processes are killed or connections broken again and again, at most, milliseconds. */
const LONGEST_MS = 1_500;
const AGAIN_MS = 100;

/** Does it; resolves when nothing is away any more. */
export async function strike(fault: Fault, { servers, processes, outputs }: Stricken, random: Random): Promise<void> {
  const { valkey, postgres } = servers;
  const forMs = random.integer(0, LONGEST_MS);
  if (fault === 'valkey') return valkey.crash(forMs);
  if (fault === 'postgres') return postgres.crash(forMs);
  for (const end = Date.now() + forMs; ; ) {
    if (fault === 'connection') {
      valkey.cut();
      postgres.cut();
    } else {
      for (const { pid, name } of processes()) {
        if (name.startsWith(`${outputs.processorFunctionName} `)) kill(pid);
      }
    }
    if (Date.now() > end) return;
    await sleep(AGAIN_MS);
  }
}

type Stricken = Pick<Platform, 'servers' | 'processes' | 'outputs'>;

/** Kills a process, which may have ended already. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** All faults in one order after the other, so that each comes as often as the others. */
export function* drawFaults(random: Random): Generator<Fault, never> {
  for (;;) {
    const left: Fault[] = [...FAULTS];
    while (left.length > 0) yield left.splice(random.integer(0, left.length - 1), 1)[0] as Fault;
  }
}
