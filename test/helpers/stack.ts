import { loadConfig } from '../../lib/config';
import type { StackOutputs } from '../../lib/outputs';
import { TapStack } from '../../lib/tap-stack';
import { fixtureProject, type MockOptions, mockPulumi, type Recording, settled } from './pulumi';

jest.setTimeout(30_000); // the SDK is loaded first, which takes a busy machine seconds

/** Evaluates the whole stack, with the given settings, over functions that are quick to bundle. */
export async function evaluateStack(options: MockOptions = {}): Promise<Recording & { stackOutputs: StackOutputs }> {
  const project = fixtureProject();
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0; // Pulumi takes a trace of every promise, and source maps make that most of the time spent
  try {
    const recording = await mockPulumi({ ...options, config: { ruleSetFile: project.ruleSetFile, ...options.config } });
    const stack = new TapStack('tap', { ...loadConfig(), projectRoot: project.root });
    await settled();
    return Object.assign(recording, { stackOutputs: stack.outputs });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    project.remove();
  }
}
