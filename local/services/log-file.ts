import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** How much of a log's end is looked at, bytes. */
const TAIL_BYTES = 64 * 1024;

/** The last lines of a file, oldest first; none when there is no such file. */
export function lastLines(file: string, lines: number): string[] {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return [];
  }
  try {
    const start = Math.max(0, fstatSync(descriptor).size - TAIL_BYTES);
    const buffer = Buffer.alloc(TAIL_BYTES);
    const text = buffer.toString('utf8', 0, readSync(descriptor, buffer, 0, TAIL_BYTES, start));
    const all = text.split('\n').filter((line) => line.trim() !== '');
    return all.slice(-lines);
  } finally {
    closeSync(descriptor);
  }
}
