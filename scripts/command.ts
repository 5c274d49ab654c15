import { parseArgs } from 'node:util';

/**
 * Reads the values of an option that may be repeated, each `KEY=VALUE`.
 *
 * @throws Error for one without a key or a value
 */
export function pairs(option: string, values: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    values.map((text) => {
      const [, key, value] = /^(\w+)=(.+)$/.exec(text) ?? [];
      if (key === undefined || value === undefined) throw new Error(`--${option} ${text}: write KEY=VALUE`);
      return [key, value];
    }),
  );
}

/**
 * Reads the arguments of a command that takes none but --help, and gives the help that was asked for.
 *
 * @returns whether it was
 * @throws Error for any other argument, before the command does anything
 */
export function askedForHelp(args: string[], help: string): boolean {
  const { values } = parseArgs({ args, options: { help: { type: 'boolean', default: false } } });
  if (values.help) console.log(help);
  return values.help;
}

/**
 * Ends the process with the exit code that a command comes to, once nothing is left to do.
 *
 * @param failed exit code where it throws, after the error's message
 */
export function endWith(command: Promise<number>, failed: number): void {
  command.then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = failed;
    },
  );
}
