import { render } from 'velocityjs';

/** What a mapping template of API Gateway can see of a message. */
export interface Message {
  body: string;
  variables: Record<string, string>;
}

/** What a template made of it. */
export interface Mapped {
  body: string;
  /** The status that the template chose, where it did. */
  status?: number;
}

/** A path of JSONPath with names and indexes only, which is all that the templates use. */
const PATH = /^\$(?:\.\w+|\[\d+\])*$/;

/**
 * Applies a mapping template as API Gateway does: Velocity with its variables `$input`, `$util`, `$stageVariables` and `$context`, as far
 * as templates here use them.
 */
export function mapMessage(template: string, { body, variables }: Message): Mapped {
  const value = parseExact(body);
  const responseOverride: { status?: number } = {};
  const rendered = render(template, {
    stageVariables: variables,
    context: { responseOverride },
    input: {
      body,
      path: (path: string) => plain(at(value, path)) ?? '',
      json: (path: string) => JSON.stringify(at(value, path)),
    },
    util: { base64Encode: (text: string) => Buffer.from(text).toString('base64') },
  });
  return { body: rendered, ...responseOverride };
}

/** JSON with its numbers as they were written: 19 digits do not fit a double, and what is put on the stream must be what was sent. */
function parseExact(text: string): unknown {
  const { rawJSON } = JSON as unknown as { rawJSON(source: string): unknown };
  const keepSource = (_key: string, value: unknown, context: { source: string }) =>
    typeof value === 'number' ? rawJSON(context.source) : value;
  return JSON.parse(text, keepSource as (key: string, value: unknown) => unknown);
}

function at(value: unknown, path: string): unknown {
  if (!PATH.test(path)) throw new Error(`the local gateway does not know the path ${path}`);
  const steps = path.match(/\w+/g) ?? [];
  return steps.reduce<unknown>((inner, step) => (inner as Record<string, unknown> | undefined)?.[step], value);
}

/** Without what keeps the source of a number. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
