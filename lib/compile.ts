import { type BuildOptions, build } from 'esbuild';

/** Runtime of the functions, and what esbuild calls it. */
export const RUNTIME = 'nodejs24.x';
const TARGET = 'node24';

/** The functions' source files, relative to the project; each exports `handler`. */
export const ENTRY_POINTS = {
  processor: 'processor/handler.ts',
  operations: 'processor/operations.ts',
  publisher: 'processor/publisher.ts',
  archiver: 'processor/archive.ts',
};

/** How a function is bundled. */
export const BUILD_OPTIONS = {
  outdir: 'out', // names the results; nothing is written
  write: false,
  bundle: true,
  platform: 'node',
  target: TARGET,
  format: 'cjs',
  minify: true,
  legalComments: 'none',
  loader: { '.sql': 'text' },
  logLevel: 'silent',
} as const satisfies BuildOptions;

const started = new Map<string, Promise<Map<string, string>>>();

/**
 * The code of each function in one file, by its path. esbuild is a process of its own: who asks early has the result while
 * the SDK is still being loaded, and who asks again has the same.
 *
 * @param projectRoot folder that holds `processor/` and `node_modules/`, absolute
 * @throws Error when the code does not build
 */
export function compile(projectRoot: string, entryPoints: Record<string, string>): Promise<Map<string, string>> {
  const key = JSON.stringify([projectRoot, entryPoints]);
  const running = started.get(key) ?? run(projectRoot, entryPoints);
  started.set(key, running);
  return running;
}

async function run(projectRoot: string, entryPoints: Record<string, string>): Promise<Map<string, string>> {
  const { outputFiles } = await build({ ...BUILD_OPTIONS, absWorkingDir: projectRoot, entryPoints });
  return new Map(outputFiles.map(({ path, text }) => [path, text]));
}
