import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import path from 'node:path';
import { AnalyzerClient } from '@pulumi/pulumi/proto/analyzer_grpc_pb';
import { type AnalyzerInfo, EnforcementLevel } from '@pulumi/pulumi/proto/analyzer_pb';
import { POLICIES } from '../../../policy/all';

jest.setTimeout(60_000); // the runner compiles the pack, which takes a busy machine seconds

const PROJECT = path.resolve(__dirname, '../../..');
/** What Pulumi speaks to its plugins with is its dependency, not ours. */
const requireOfPulumi = createRequire(require.resolve('@pulumi/pulumi'));
const { credentials } = requireOfPulumi('@grpc/grpc-js');
const { Empty } = requireOfPulumi('google-protobuf/google/protobuf/empty_pb.js');

let runner: ChildProcess;
afterEach(() => void runner.kill());

test('Pulumi loads the pack with all policies, each of which stops a run', async () => {
  // As the CLI does for --policy-pack; the engine's address is for logs alone.
  runner = spawn(process.execPath, [require.resolve('@pulumi/pulumi/cmd/run-policy-pack'), '127.0.0.1:1', 'policy'], {
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [port] = await once(runner.stdout as NodeJS.ReadableStream, 'data');
  const client = new AnalyzerClient(`127.0.0.1:${String(port).trim()}`, credentials.createInsecure());
  try {
    const info = await new Promise<AnalyzerInfo>((resolve, reject) =>
      client.getAnalyzerInfo(new Empty(), (error: Error | null, found: AnalyzerInfo) =>
        error ? reject(error) : resolve(found),
      ),
    );
    expect(info.getName()).toBe('japancart');
    expect(info.getPoliciesList().map((policy) => [policy.getName(), policy.getEnforcementlevel()])).toEqual(
      POLICIES.map(({ name }) => [name, EnforcementLevel.MANDATORY]),
    );
  } finally {
    client.close();
  }
});
