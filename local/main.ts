import { checkFiles, OptionError, type Options, parseOptions, USAGE } from './options';
import { startPlatform } from './platform';
import { EXIT, run } from './run';

/** One Ctrl-C can arrive twice, from the terminal and from npm; only one that comes later than this counts as a second, milliseconds. */
const SAME_INTERRUPT_MS = 1_000;

/** Aborts on the first signal to end; a second one ends at once, and the platform's watchdog tidies up behind it. */
function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  let first = 0;
  const interrupt = () => {
    if (!controller.signal.aborted) {
      first = performance.now();
      controller.abort(new Error('interrupted'));
    } else if (performance.now() - first > SAME_INTERRUPT_MS) {
      process.exit(EXIT.interrupted);
    }
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, interrupt);
  // A reader of the output that has gone is nobody to show anything to.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', interrupt);
  return controller.signal;
}

async function readOptions(argv: readonly string[]): Promise<Options | 'help'> {
  const options = parseOptions(argv);
  if (options !== 'help') await checkFiles(options);
  return options;
}

async function main(): Promise<number> {
  const options = await readOptions(process.argv.slice(2)).catch((error: Error) => error);
  if (options === 'help') {
    process.stdout.write(USAGE);
    return EXIT.done;
  }
  if (options instanceof Error) {
    if (!(options instanceof OptionError)) throw options;
    process.stderr.write(`${options.message}\n`);
    return EXIT.badOption;
  }
  const signal = interruptSignal();
  const log = (line: string) => void process.stdout.write(`${line}\n`);
  try {
    const platform = await startPlatform({ log, ruleSetFile: options.rules, signal });
    try {
      return await run({ options, platform, signal, output: process.stdout });
    } finally {
      await platform.stop();
    }
  } catch (error) {
    if (signal.aborted) {
      log('Interrupted.');
      return EXIT.interrupted;
    }
    process.stderr.write(`${(error as Error).message}\n`);
    return EXIT.failed;
  }
}

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    process.stderr.write(`${error.stack ?? error.message}\n`);
    process.exit(EXIT.failed);
  },
);
