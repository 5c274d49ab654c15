import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The project's folder. */
export const PROJECT = path.resolve(__dirname, '../../..');

/** A document of the project, by its path. */
export function readDocument(file: string): string {
  return readFileSync(path.join(PROJECT, file), 'utf8');
}

/**
 * The rows of the one table that begins with this header line, as cells without their outer spaces.
 *
 * @throws Error when no table, or more than one, begins with it
 */
export function tableOf(document: string, header: string): string[][] {
  const lines = document.split('\n');
  const starts = lines.flatMap((line, index) => (line === header ? index : []));
  if (starts.length !== 1) throw new Error(`${starts.length} tables begin with ${header}, not 1`);
  const rows = lines.slice((starts[0] as number) + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(0, end < 0 ? undefined : end).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

/** The texts of all code blocks in that language. */
export function codeBlocks(document: string, language: string): string[] {
  return [...document.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, name, text]) =>
    name === language ? (text as string) : [],
  );
}

/** A cell that holds nothing but code, without its backquotes. */
export function plain(cell: string): string {
  return cell.replaceAll('`', '');
}
