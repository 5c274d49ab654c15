import * as pulumi from '@pulumi/pulumi';
import { mockPulumi, promiseOf, settled } from '../helpers/pulumi';

describe('the program', () => {
  it('deploys the real functions, and exports flat outputs and nothing else', async () => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0; // see test/helpers/stack.ts
    const recording = await mockPulumi({ config: { ephemeral: 'true', environmentSuffix: 'pr-7' } });
    const program = jest.requireActual<() => Promise<Record<string, pulumi.Output<unknown>>>>('../../index');
    const exported = await program();
    await settled();
    Error.stackTraceLimit = stackTraceLimit;

    const outputs = await promiseOf(pulumi.output(exported));
    expect(outputs).toMatchObject({ environmentSuffix: 'pr-7', kinesisStreamName: 'kinesis-transactions-pr-7' });
    expect(Object.entries(outputs).filter(([, value]) => !['string', 'number'].includes(typeof value))).toEqual([]);
    expect(recording.ofType('aws:lambda/function:Function').map(({ inputs }) => inputs.name)).toEqual(
      expect.arrayContaining(['lambda-processor-pr-7', 'lambda-operations-pr-7']),
    );
  });
});
