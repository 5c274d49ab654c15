import { dayOf, type Line, openedLine } from '../../processor/archive/line';
import { MOST_KEYS } from '../../processor/operations/archive-keys';
import type { Ask } from '../operations';

/** Lines that are read before keys are asked for. */
const PORTION = 10_000;

/** What became of the lines. */
export interface ReadSummary {
  lines: number;
  opened: number;
  /** Lines whose key was destroyed: of customers who are erased. */
  erased: number;
  /** Lines with nothing personal in them. */
  plain: number;
}

/**
 * Opens lines of the archive, with the keys that the operations function gives. A line whose key is no more comes as it is, with
 * `"erased": true`.
 *
 * @param lines JSON, one each
 * @param write takes the opened lines, in order
 * @throws Error when a line is none of the archive's
 */
export async function openLines(
  lines: AsyncIterable<string>,
  ask: Ask,
  write: (line: string) => void | Promise<void>,
): Promise<ReadSummary> {
  const summary: ReadSummary = { lines: 0, opened: 0, erased: 0, plain: 0 };
  const open = async (portion: readonly Line[]) => {
    const keys = await keysOf(portion, ask);
    for (const line of portion) {
      const key = line.personal && keys.get(line.personal.key);
      if (line.personal === undefined) summary.plain++;
      else if (key === undefined) summary.erased++;
      else summary.opened++;
      const { personal, ...rest } = line;
      const read =
        personal === undefined ? line : key === undefined ? { ...rest, erased: true } : openedLine(line, key);
      await write(`${JSON.stringify(read)}\n`);
    }
  };
  let portion: Line[] = [];
  for await (const text of lines) {
    portion.push(parse(text, ++summary.lines));
    if (portion.length < PORTION) continue;
    await open(portion);
    portion = [];
  }
  await open(portion);
  return summary;
}

/** The keys of lines by their numbers, without those that are no more. */
async function keysOf(lines: readonly Line[], ask: Ask): Promise<Map<string, Buffer>> {
  const keys = new Map<string, Buffer>();
  const byDay = Map.groupBy(
    lines.filter(({ personal }) => personal !== undefined),
    ({ processing }) => dayOf(processing),
  );
  for (const [day, ofDay] of byDay) {
    const numbers = [...new Set(ofDay.map(({ personal }) => personal?.key as string))];
    for (let i = 0; i < numbers.length; i += MOST_KEYS) {
      const request = { action: 'archive-keys', day, numbers: numbers.slice(i, i + MOST_KEYS) };
      const answer = (await ask(request)) as { keys: Record<string, string> };
      for (const [number, key] of Object.entries(answer.keys)) keys.set(number, Buffer.from(key, 'base64'));
    }
  }
  return keys;
}

function parse(text: string, number: number): Line {
  try {
    const line = JSON.parse(text);
    if (typeof line?.processing?.arrivedAt === 'string') return line;
  } catch {
    // Said below without the parser's message, which quotes what it could not read.
  }
  throw new Error(`line ${number} is none of the archive; give files of its folders transactions/ and refused/`);
}
