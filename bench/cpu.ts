import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second in which Linux reports processes' times. */
const TICKS = 100;

/** `/proc/PID/stat` from the third field on; undefined when there is no such process. */
function stat(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** CPU seconds that a process, its children and those children that have ended have used: PostgreSQL has one a connection. */
export function cpuSeconds(pid: number): number {
  const ticks = (fields: string[] | undefined, from: number, to: number) =>
    (fields ?? []).slice(from, to).reduce((sum, field) => sum + Number(field), 0);
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => stat(Number(name)))
    .filter((fields) => Number(fields?.[1]) === pid);
  // utime, stime, then those of children that were waited for.
  return (ticks(stat(pid), 11, 15) + children.reduce((sum, fields) => sum + ticks(fields, 11, 13), 0)) / TICKS;
}
