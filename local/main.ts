import { interruptSignal } from './interrupt';
import { checkFiles, OptionError, type Options, parseOptions, USAGE } from './options';
import { startPlatform } from './platform';
import { EXIT, run } from './run';

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
  const signal = interruptSignal(process, [process.stdout, process.stderr], () => {
    process.exit(EXIT.interrupted); // the platform's watchdog tidies up behind it
  });
  const log = (line: string) => void process.stdout.write(`${line}\n`);
  const config = { archive: String(options.archive), ingest: options.ingest ? 'public' : 'none' };
  const platform = await startPlatform({ log, ruleSetFile: options.rules, config, signal }).catch(
    (error: Error) => error,
  );
  if (platform instanceof Error) {
    if (signal.aborted) {
      log('Interrupted.');
      return EXIT.interrupted;
    }
    process.stderr.write(`${platform.message}\n`);
    return EXIT.failed;
  }
  try {
    return await run({ options, platform, signal, output: process.stdout });
  } finally {
    await platform.stop();
  }
}

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    process.stderr.write(`${error.stack ?? error.message}\n`);
    process.exit(EXIT.failed);
  },
);
