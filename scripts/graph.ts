import path from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { stop } from 'esbuild';
import { loadConfig } from '../lib/config';
import type { StackConfig } from '../lib/stack-config';
import { TapStack } from '../lib/tap-stack';
import type { Resource as PolicyResource } from '../policy/policy';
import { defaultTagsOf } from '../policy/preview';
import { ACCOUNT, computed, REGION } from './computed';
import { onRegistered } from './registrations';

/** A resource as the program asks for it. */
export interface Resource {
  /** Such as `aws:kinesis/stream:Stream`. */
  type: string;
  /** Logical name; its second part is the component's: `tap-stream-transactions`. */
  name: string;
  // biome-ignore lint/suspicious/noExplicitAny: inputs of any resource type
  inputs: Record<string, any>;
}

/** The same with what policies look at. */
export interface EvaluatedResource extends Resource, PolicyResource {}

/** What AWS would answer to the program's questions. */
const answers = (account: string): Record<string, object> => ({
  'aws:index/getCallerIdentity:getCallerIdentity': { accountId: account },
  'aws:index/getAvailabilityZones:getAvailabilityZones': {
    names: ['a', 'c', 'd'].map((zone) => `${REGION}${zone}`),
  },
  'aws:secretsmanager/getSecret:getSecret': {
    arn: `arn:aws:secretsmanager:${REGION}:${account}:secret:rds-credentials-cost-AbCdEf`,
  },
  'aws:secretsmanager/getSecretVersion:getSecretVersion': {
    secretString: JSON.stringify({ username: 'tap_master', password: 'never-deployed' }),
  },
});

/** The same ARNs in another account. */
function inAccount(properties: object, account: string): object {
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [
      key,
      typeof value === 'string' ? value.replace(ACCOUNT, account) : value,
    ]),
  );
}

export interface Evaluation {
  /** Name of the stack, which ends physical names unless the settings say otherwise. @default cost */
  stack?: string;
  /** Twelve digits. @default that of examples */
  account?: string;
  /** Folder that holds `processor/`, absolute. @default the project's */
  projectRoot?: string;
  /** What to make of the configuration once it is loaded and checked. */
  change?(config: StackConfig): StackConfig;
}

/**
 * Evaluates the program in this process, without an account, and tells what it would create.
 *
 * @param settings of the project, by key without its name
 * @throws ConfigError when a setting is wrong
 */
export async function evaluateGraph(
  settings: Record<string, string>,
  evaluation: Evaluation = {},
): Promise<EvaluatedResource[]> {
  const { stack = 'cost', account = ACCOUNT, change = (config) => config } = evaluation;
  const { projectRoot = path.resolve(__dirname, '..') } = evaluation;
  const made = new Map<string, Pick<EvaluatedResource, 'inputs' | 'properties'>>();
  const known = answers(account);
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        const properties = { ...inAccount(computed(type, name, inputs), account), ...inputs };
        made.set(`${type} ${name}`, { inputs, properties });
        return { id: `${name}-id`, state: properties };
      },
      call: ({ token }) => known[token] ?? Promise.reject(new Error(`no answer for ${token}`)),
    },
    'tap-stack',
    stack,
    false,
  );
  const registrations = recordRegistrations();
  pulumi.runtime.setAllConfig(
    Object.fromEntries(Object.entries(settings).map(([key, value]) => [`tap-stack:${key}`, value])),
  );
  new TapStack('tap', { ...change(loadConfig()), projectRoot });
  await pulumi.runtime.disconnect();
  await stop();
  return assemble(registrations, made, stack);
}

/** What Pulumi's mocks leave out of a resource. */
interface Registration {
  type: string;
  name: string;
  /** As the mocks make it up, by which others refer to the resource. */
  urn: string;
  parent: string;
  provider: string;
  protect: boolean;
  references: Record<string, string[]>;
}

/** The requests behind the mocks carry the options and where values come from. */
function recordRegistrations(): Registration[] {
  const registrations: Registration[] = [];
  onRegistered((request, urn) => {
    const references = [...request.getPropertydependenciesMap().entries()].map(
      ([input, urns]) => [input, urns.getUrnsList()] as const,
    );
    registrations.push({
      type: request.getType(),
      name: request.getName(),
      urn,
      parent: request.getParent(),
      provider: request.getProvider(),
      protect: request.getProtect() ?? false,
      references: Object.fromEntries(references),
    });
  });
  return registrations;
}

/** Puts both halves together, under URNs as the engine makes them: with the types of all parents. */
function assemble(
  registrations: readonly Registration[],
  made: ReadonlyMap<string, Pick<EvaluatedResource, 'inputs' | 'properties'>>,
  stack: string,
): EvaluatedResource[] {
  const byUrn = new Map(registrations.map((registration) => [registration.urn, registration]));
  const qualifiedType = ({ parent, type }: Registration): string => {
    const above = byUrn.get(parent);
    return above ? `${qualifiedType(above)}$${type}` : type;
  };
  const urnOf = (one: Registration) => `urn:pulumi:${stack}::tap-stack::${qualifiedType(one)}::${one.name}`;
  return registrations.flatMap((one) => {
    const halves = made.get(`${one.type} ${one.name}`);
    if (halves === undefined) return [];
    const { type, name, protect, provider, references } = one;
    const providerName = byUrn.get(provider.slice(0, provider.lastIndexOf('::')))?.name;
    const defaultTags = defaultTagsOf(made.get(`pulumi:providers:aws ${providerName}`)?.inputs ?? {});
    const urns = Object.entries(references).map(([input, from]) => [
      input,
      from.flatMap((urn) => byUrn.get(urn) ?? []).map(urnOf),
    ]);
    return {
      ...halves,
      urn: urnOf(one),
      type,
      name,
      protect,
      ...(defaultTags && { defaultTags }),
      references: Object.fromEntries(urns),
    };
  });
}
