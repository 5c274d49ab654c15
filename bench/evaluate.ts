import * as pulumi from '@pulumi/pulumi';

/** What AWS would answer to the program's questions; the figures of a run without an engine. */
const ANSWERS: Record<string, object> = {
  'aws:index/getCallerIdentity:getCallerIdentity': { accountId: '123456789012' },
  'aws:index/getAvailabilityZones:getAvailabilityZones': {
    names: ['ap-northeast-1a', 'ap-northeast-1c', 'ap-northeast-1d'],
  },
  'aws:secretsmanager/getSecret:getSecret': {
    arn: 'arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:rds-credentials-dev-a1b2c3',
  },
  'aws:secretsmanager/getSecretVersion:getSecretVersion': {
    secretString: JSON.stringify({ username: 'tap_master', password: 'made-up-for-the-benchmark' }),
  },
};

/** Evaluates the program once, as the engine's language host would, and tells how many resources it registered. */
async function evaluate(): Promise<void> {
  let resources = 0;
  await pulumi.runtime.setMocks(
    {
      newResource: ({ name, inputs }) => {
        resources += 1;
        return { id: name, state: { ...inputs, arn: `arn:aws:example:ap-northeast-1:123456789012:${name}` } };
      },
      call: ({ token }) => ANSWERS[token] ?? Promise.reject(new Error(`no answer for ${token}`)),
    },
    'tap-stack',
    'dev',
  );
  process.on('exit', () => console.log(resources));
  const { default: program } = await import('../index');
  await program();
}

evaluate().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
