import path from 'node:path';
import { EXCEPTIONS, type Exception, exceptionFor } from '../../policy/exceptions';
import { findingsOf, messageOf, type Policy, type Resource } from '../../policy/policy';
import { type EvaluatedResource, evaluateGraph } from '../../scripts/graph';
import { EVERYTHING, readPreset } from '../../scripts/preset';
import { fixtureProject } from './pulumi';

jest.setTimeout(30_000); // the SDK is loaded first, which takes a busy machine seconds

const PROJECT = path.resolve(__dirname, '../..');

/** The environments that policies are tried on: the defaults, the presets, and everything that settings add or leave out. */
export const ENVIRONMENTS: Record<string, Record<string, string>> = {
  defaults: {},
  dev: readPreset(PROJECT, 'dev'),
  prod: readPreset(PROJECT, 'prod'),
  'on demand, without archive': { streamMode: 'ON_DEMAND', cacheEngine: 'valkey', archive: 'false' },
  'everything on': {
    ...EVERYTHING,
    alarmEmail: 'risk@example.jp',
    archiveLockDays: '0',
    egressFunctions: '["operations"]',
    producerPrincipals: '["arn:aws:iam::123456789012:role/checkout"]',
  },
  'open to producers outside': {
    ingest: 'public',
    ingestWebAclArn: 'arn:aws:wafv2:ap-northeast-1:123456789012:regional/webacl/shop/0a1b2c3d',
    auditTrail: 'data',
  },
};

export async function environment(name: string): Promise<EvaluatedResource[]> {
  const settings = ENVIRONMENTS[name];
  if (settings === undefined) throw new Error(`no environment ${name}`);
  const { root, ruleSetFile, remove } = fixtureProject();
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0; // as evaluateStack
  try {
    return await evaluateGraph({ ruleSetFile, ...settings }, { stack: 'dev', projectRoot: root });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    remove();
  }
}

/** What violates the policies and is no exception, as `policy, resource: message`. */
export function violationsOf(policies: readonly Policy[], resources: readonly Resource[]): string[] {
  return policies.flatMap((policy) =>
    findingsOf(policy, resources)
      .filter((finding) => finding.verdict === 'violated' && !exceptionFor(policy.name, finding))
      .map((finding) => `${policy.name}, ${finding.resource.name}: ${messageOf(finding)}`),
  );
}

/** Exceptions that none of these environments needs. */
export function unneeded(policies: readonly Policy[], graphs: readonly (readonly Resource[])[]): Exception[] {
  const needed = graphs.flatMap((resources) =>
    policies.flatMap((policy) =>
      findingsOf(policy, resources).map((finding) =>
        finding.verdict === 'violated' ? exceptionFor(policy.name, finding) : undefined,
      ),
    ),
  );
  return EXCEPTIONS.filter((exception) => !needed.includes(exception));
}
