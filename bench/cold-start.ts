import { join } from 'node:path';
import { build } from 'esbuild';
import { BUILD_OPTIONS, ENTRY_POINTS } from '../lib/compile';
import type { Figures } from './main';
import { type Rig, startRig } from './rig';
import { median, show } from './statistics';
import { recordAt } from './workload';

const ROOT = join(__dirname, '..');
const RUNS = 25;
/** Packages of the bundle to print, largest first. */
const PACKAGES = 12;

interface Start {
  /** Milliseconds from the start of the process to the first line. */
  node: number;
  /** Milliseconds from there until the module was loaded. */
  loaded: number;
  /** Milliseconds from there until the first query was sent. */
  sent: number;
}

/**
 * The stream function's first moments in fresh processes of Node 24, on the archive's own bundle: until its module is loaded, and
 * until its first query goes to PostgreSQL (TLS and sign-in included), each in turn with an empty module and with a function that
 * does nothing but sign in.
 */
export async function run(): Promise<Figures> {
  const rig = await startRig();
  try {
    const data = btoa(recordAt(1, { share: 1 }));
    const event = JSON.stringify({ Records: [{ eventID: 'shardId-0:1', kinesis: { data } }] });
    const starts: Start[] = [];
    const signIns: Start[] = [];
    const empty: Start[] = [];
    for (let run = 0; run < RUNS; run++) {
      empty.push(await startOnce(rig, 'empty.js', ''));
      signIns.push(await startOnce(rig, 'sign-in.js', event));
      starts.push(await startOnce(rig, 'processor.js', event));
    }
    const middle = (all: Start[], of: (start: Start) => number) => median(all.map(of));
    const whole = ({ node, sent }: Start) => node + sent;
    const coldStartMs = middle(starts, ({ sent }) => sent);
    const ratio = middle(starts, whole) / middle(empty, whole);
    console.log(
      `  module loaded after ${show(
        middle(starts, ({ loaded }) => loaded),
        1,
      )} ms, first query sent after ${show(coldStartMs, 1)} ms, median of ${RUNS} processes`,
    );
    const signInMs = middle(signIns, ({ sent }) => sent);
    console.log(`  of a function that does nothing but sign in, the first query is sent after ${show(signInMs, 1)} ms`);
    console.log(`  with the start of Node: ${ratio.toFixed(2)} of a process with an empty module`);
    const bytes = await sizes();
    for (const [name, { total, packages }] of bytes) {
      console.log(
        `  ${name}: ${show(total / 1_000)} KB; ${packages
          .slice(0, PACKAGES)
          .map(([of, part]) => `${of} ${show(part / 1_000)}`)
          .join(', ')}`,
      );
    }
    console.log(
      "  left out: fetching the archive, starting the microVM, Lambda's own runtime, the network between machines",
    );
    return { coldStartMs, coldStartRatio: ratio, bundleBytes: bytes.get('processor')?.total ?? 0 };
  } finally {
    await rig.stop();
  }
}

function startOnce(rig: Rig, file: string, event: string): Promise<Start> {
  return rig.fork(join(__dirname, 'cold-start/first-query.cjs'), [join(rig.folder, file), event]) as Promise<Start>;
}

/** Bytes of each function's bundle, and of each package in it, largest first. */
async function sizes(): Promise<Map<string, { total: number; packages: [string, number][] }>> {
  const { metafile } = await build({
    ...BUILD_OPTIONS,
    absWorkingDir: ROOT,
    entryPoints: ENTRY_POINTS,
    metafile: true,
  });
  return new Map(
    Object.entries(metafile.outputs).map(([path, { bytes, inputs }]) => {
      const packages = new Map<string, number>();
      for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
        const name = /.*node_modules\/((@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? 'own code';
        packages.set(name, (packages.get(name) ?? 0) + bytesInOutput);
      }
      const name = path.replace(/^.*\/|\.js$/g, '');
      return [name, { total: bytes, packages: [...packages].sort(([, a], [, b]) => b - a) }];
    }),
  );
}
