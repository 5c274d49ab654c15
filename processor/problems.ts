import type * as z from 'zod';

/** Above this a number may be a card's, which no message shows. */
const SHOWN_BELOW = 1e11;

/**
 * What is wrong with a value that a schema refused: each problem names the place, the shape of what was found there, and what
 * the schema's message says to set.
 *
 * @param name what the value as a whole is called
 */
export function problemsOf(name: string, value: unknown, { issues }: z.ZodError): string[] {
  return issues.flatMap((issue) => {
    const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    return paths.map((path) => `${path.join('.') || name}: found ${shapeOf(valueAt(value, path))}; ${issue.message}`);
  });
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((inner, key) => (inner as Record<PropertyKey, unknown>)[key], value);
}

/** What kind of value it is, without what it says: a text's length, a number unless it is large. */
export function shapeOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'string') return `a text of ${value.length} characters`;
  if (typeof value === 'object' && value !== null) return `an object of ${Object.keys(value).length}`;
  if (typeof value === 'number' && Number.isFinite(value) && Math.abs(value) >= SHOWN_BELOW) return 'a large number';
  return String(value);
}
