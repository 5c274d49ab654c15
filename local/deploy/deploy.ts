import { DescribeSecretCommand, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import * as pulumi from '@pulumi/pulumi';
import { stop } from 'esbuild';
import { loadConfig } from '../../lib/config';
import { TapStack } from '../../lib/tap-stack';
import { buckets } from './buckets';
import { cache } from './cache';
import { database } from './database';
import { deliveries } from './deliveries';
import { encryption } from './encryption';
import { functions } from './functions';
import { gateways } from './gateway';
import { monitoring } from './monitoring';
import type { Context, Inputs, Realised, Realiser } from './realise';
import { schedules } from './schedules';
import { streams } from './streams';

const PROJECT = 'tap-stack';

/** Every type that is made real. All others (network, roles and the like) are taken note of and have no effect here. */
const REALISERS: Record<string, Realiser> = {
  ...buckets,
  ...cache,
  ...database,
  ...deliveries,
  ...encryption,
  ...functions,
  ...gateways,
  ...monitoring,
  ...schedules,
  ...streams,
};

/**
 * Evaluates the stack in this process, as `pulumi up` would, and makes its resources real in the local services.
 *
 * @param config settings of the stack by their full names
 * @returns the stack's outputs
 * @throws Error naming the resource that could not be made; ConfigError when a setting is wrong
 */
export async function deploy(
  config: Record<string, string>,
  context: Context,
): Promise<Record<string, string | number>> {
  let fail: (error: Error) => void = () => undefined;
  const failure = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  // Pulumi turns an error of its engine into one that nobody can catch. It is kept from Pulumi: the program waits, we leave.
  const guarded = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      fail(new Error(`${what} cannot be deployed: ${(error as Error).message}`, { cause: error }));
      return new Promise<T>(() => undefined);
    }
  };
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => guarded(`${type} ${name}`, () => create(type, name, inputs, context)),
      call: ({ token, inputs }) => guarded(token, () => call(token, inputs, context)),
    },
    PROJECT,
    'local',
    false,
  );
  pulumi.runtime.setAllConfig(config);
  const evaluation = evaluate();
  evaluation.catch(() => undefined);
  return Promise.race([evaluation, failure]);
}

async function evaluate(): Promise<Record<string, string | number>> {
  const { outputs } = new TapStack('tap', loadConfig());
  const values = pulumi.output(outputs) as unknown as { promise(): Promise<Record<string, string | number>> };
  const known = await values.promise();
  await pulumi.runtime.disconnect();
  await stop(); // esbuild's own process, which has bundled the functions
  return known;
}

async function create(
  type: string,
  name: string,
  inputs: Inputs,
  context: Context,
): Promise<{ id: string; state: Inputs }> {
  const realised: Realised = (await REALISERS[type]?.(inputs, context)) ?? noted(type, name, inputs, context);
  return { id: realised.id ?? name, state: { ...inputs, ...realised.state } };
}

/** What a resource that is only taken note of has besides its inputs. */
function noted(type: string, name: string, inputs: Inputs, { account }: Context): Realised {
  switch (type) {
    case 'aws:iam/role:Role':
      return { id: String(inputs.name), state: { arn: `arn:aws:iam::${account}:role/${inputs.name}` } };
    case 'random:index/randomPassword:RandomPassword':
      return { state: { result: crypto.randomUUID() } };
    case 'random:index/randomId:RandomId':
      return { state: { hex: crypto.randomUUID().slice(0, 8) } };
    default:
      return { id: name };
  }
}

/** Answers the data sources that the stack reads. */
async function call(token: string, inputs: Inputs, { account, region, clients }: Context): Promise<Inputs> {
  switch (token) {
    case 'aws:index/getCallerIdentity:getCallerIdentity':
      return { accountId: account };
    case 'aws:index/getAvailabilityZones:getAvailabilityZones':
      return { names: ['a', 'c', 'd'].map((zone) => `${region}${zone}`) };
    case 'aws:secretsmanager/getSecret:getSecret': {
      const command = new DescribeSecretCommand({ SecretId: String(inputs.name) });
      return { arn: (await clients.secrets.send(command)).ARN };
    }
    case 'aws:secretsmanager/getSecretVersion:getSecretVersion': {
      const command = new GetSecretValueCommand({ SecretId: String(inputs.secretId) });
      return { secretString: (await clients.secrets.send(command)).SecretString };
    }
    default:
      throw new Error('the local platform does not know this data source');
  }
}
