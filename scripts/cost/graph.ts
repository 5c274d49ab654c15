import path from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { stop } from 'esbuild';
import { loadConfig } from '../../lib/config';
import type { StackConfig } from '../../lib/stack-config';
import { TapStack } from '../../lib/tap-stack';
import { ACCOUNT, computed, REGION } from '../computed';

/** A resource as the program asks for it. */
export interface Resource {
  /** Such as `aws:kinesis/stream:Stream`. */
  type: string;
  /** Logical name; its second part is the component's: `tap-stream-transactions`. */
  name: string;
  // biome-ignore lint/suspicious/noExplicitAny: inputs of any resource type
  inputs: Record<string, any>;
}

/** What AWS would answer to the program's questions. */
const ANSWERS: Record<string, object> = {
  'aws:index/getCallerIdentity:getCallerIdentity': { accountId: ACCOUNT },
  'aws:index/getAvailabilityZones:getAvailabilityZones': {
    names: ['a', 'c', 'd'].map((zone) => `${REGION}${zone}`),
  },
  'aws:secretsmanager/getSecret:getSecret': {
    arn: `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:rds-credentials-cost-AbCdEf`,
  },
  'aws:secretsmanager/getSecretVersion:getSecretVersion': {
    secretString: JSON.stringify({ username: 'tap_master', password: 'never-deployed' }),
  },
};

/**
 * Evaluates the program in this process, without an account, and tells what it would create.
 *
 * @param settings of the project, by key without its name
 * @param change what to make of the configuration once it is loaded and checked
 * @throws ConfigError when a setting is wrong
 */
export async function evaluateGraph(
  settings: Record<string, string>,
  change: (config: StackConfig) => StackConfig = (config) => config,
): Promise<Resource[]> {
  const resources: Resource[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        resources.push({ type, name, inputs });
        return { id: `${name}-id`, state: { ...computed(type, name, inputs), ...inputs } };
      },
      call: ({ token }) => ANSWERS[token] ?? Promise.reject(new Error(`no answer for ${token}`)),
    },
    'tap-stack',
    'cost',
    false,
  );
  pulumi.runtime.setAllConfig(
    Object.fromEntries(Object.entries(settings).map(([key, value]) => [`tap-stack:${key}`, value])),
  );
  new TapStack('tap', { ...change(loadConfig()), projectRoot: path.resolve(__dirname, '../..') });
  await pulumi.runtime.disconnect();
  await stop();
  return resources;
}
