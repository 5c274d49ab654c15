import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { prepareEnvironment } from '../../local/services/python';
import type { Resource } from '../graph';
import { terraformPlan } from './plan';

const run = promisify(execFile);

/** Beside the local services' environments, which remove those of other requirements. */
const DIRECTORY = path.resolve(__dirname, '../../.local/scanner');

const LOCATE = `
import importlib.util
print(importlib.util.find_spec('checkov').origin)
`;

/** What a check says of a resource. */
export interface Result {
  /** Name of the graph. */
  graph: string;
  check: string;
  title: string;
  /** Terraform's type and Pulumi's name. */
  resource: string;
  passed: boolean;
}

interface Report {
  results: Record<
    'passed_checks' | 'failed_checks',
    Record<'check_id' | 'check_name' | 'resource' | 'file_path', string>[]
  >;
  summary: { parsing_errors: number };
}

/**
 * Has checkov look at graphs, all in one run: it takes seconds to start. It is installed on first use, and uses no network when it
 * runs.
 *
 * @param graphs by a name of letters
 * @throws MissingPythonError where there is no Python to install it in; Error when it cannot read a graph
 */
export async function scan(
  graphs: Record<string, readonly Resource[]>,
  log: (line: string) => void,
): Promise<Result[]> {
  const { python } = await prepareEnvironment({
    directory: DIRECTORY,
    requirementsFile: path.join(__dirname, 'requirements.txt'),
    locate: LOCATE,
    duration: 'about half a minute',
    log,
  });
  const folder = await mkdtemp(path.join(tmpdir(), 'tap-scan-'));
  try {
    const files = await Promise.all(
      Object.entries(graphs).map(async ([name, resources]) => {
        const file = path.join(folder, `${name}.json`);
        await writeFile(file, JSON.stringify(terraformPlan(resources), null, 1));
        return file;
      }),
    );
    const options = [
      '--framework',
      'terraform_plan',
      '--output',
      'json',
      '--skip-download',
      '--compact',
      '--soft-fail',
    ];
    const { stdout } = await run(python, ['-I', '-m', 'checkov.main', '--file', ...files, ...options], {
      cwd: folder,
      env: { PATH: '/usr/bin:/bin', HOME: folder, LOG_LEVEL: 'ERROR', PYTHONDONTWRITEBYTECODE: '1' },
      maxBuffer: 2 ** 28,
    });
    const { results, summary }: Report = JSON.parse(stdout);
    if (summary.parsing_errors > 0) throw new Error(`checkov could not read ${summary.parsing_errors} graphs`);
    return (['passed_checks', 'failed_checks'] as const).flatMap((kind) =>
      results[kind].map(({ check_id: check, check_name: title, resource, file_path }) => ({
        graph: path.basename(file_path, '.json'),
        check,
        title,
        resource,
        passed: kind === 'passed_checks',
      })),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}
