import { POLICIES } from '../../policy/all';
import { CLAUSES, type Clause, type ClauseId, STANDARDS, standardOf } from '../../policy/clauses';
import { CONTROLS, type Control } from '../../policy/controls';
import { exceptionFor } from '../../policy/exceptions';
import { NAMES } from '../../policy/naming';
import { type Finding, findingsOf, isUnread, type Policy, type Resource, valueAt } from '../../policy/policy';

/** What a policy found of one thing: as the program asks for it, and where it was looked at, as it is in the account. */
export interface EvidenceFinding {
  urn: string;
  type: string;
  resource: string;
  subject: string;
  value: string;
  state: FindingState;
  /** Why an exception stands, or what a violation asks for. */
  why?: string;
  account?: { value: string; state: FindingState };
}

/** `absent`: only the account has it. */
export type FindingState = 'met' | 'exception' | 'violated' | 'unknown' | 'absent';

/**
 * `held`: the stack's controls hold and are all there is to it. `shared`: they hold, and the operator has a part. `outside`:
 * no control of the stack that is on serves it. `violated`: one of them does not hold.
 */
export type ClauseState = 'held' | 'shared' | 'outside' | 'violated';

export interface EvidenceClause extends Clause {
  id: ClauseId;
  state: ClauseState;
  policies: string[];
  controls: string[];
  /** Settings that would switch on a control for it, where they do not. */
  switchedOff?: string[];
}

export interface EvidencePolicy {
  name: string;
  description: string;
  clauses: readonly ClauseId[];
  findings: EvidenceFinding[];
}

export interface Evidence {
  stack: string;
  environmentSuffix: string;
  region: string;
  /** Day on which it was written, and from which commit. */
  date: string;
  commit: string;
  /** Account that was asked; none when the program alone was. */
  account?: string;
  standards: typeof STANDARDS;
  clauses: EvidenceClause[];
  policies: EvidencePolicy[];
  /** Those that are on. */
  controls: readonly Control[];
  /** Everything there is, by component. */
  inventory: { component: string; type: string; name: string; resource: string }[];
  /** What could not be read in the account, and why. */
  unread: string[];
}

export interface EvidenceInput {
  stack: string;
  environmentSuffix: string;
  region: string;
  date: string;
  commit: string;
  resources: readonly Resource[];
  /** The same resources as they are in the account. */
  deployed?: { account: string; resources: readonly Resource[]; unread: string[] };
}

export function evidenceOf(input: EvidenceInput): Evidence {
  const { resources, deployed, stack, environmentSuffix, region, date, commit } = input;
  const policies = POLICIES.map((policy) => policyEvidence(policy, resources, deployed?.resources));
  return {
    stack,
    environmentSuffix,
    region,
    date,
    commit,
    ...(deployed && { account: deployed.account }),
    standards: STANDARDS,
    clauses: clausesOf(policies, resources),
    policies,
    controls: CONTROLS.filter((control) => isOn(control, resources)),
    inventory: resources
      .filter(({ type }) => type.startsWith('aws:'))
      .map((resource) => ({
        component: componentOf(resource),
        type: resource.type,
        name: resource.name,
        resource: nameIn(resources, resource),
      }))
      .sort(by((one) => `${one.component} ${one.type} ${one.name}`)),
    unread: deployed?.unread ?? [],
  };
}

function policyEvidence(
  policy: Policy,
  resources: readonly Resource[],
  deployed: readonly Resource[] | undefined,
): EvidencePolicy {
  const { name, description, clauses } = policy;
  const inAccount = new Map(
    deployed &&
      findingsOf(policy, deployed)
        .filter(({ resource }) => !isUnread(resource))
        .map((finding) => [keyOf(finding), finding] as const),
  );
  const found = findingsOf(policy, resources).map((finding): EvidenceFinding => {
    const { resource, subject } = finding;
    const { state, why } = stateOf(policy, finding);
    const there = inAccount.get(keyOf(finding));
    inAccount.delete(keyOf(finding));
    return {
      urn: resource.urn,
      type: resource.type,
      resource: nameIn(resources, resource),
      subject,
      value: finding.value,
      state,
      ...(why !== undefined && { why }),
      ...(there && { account: { value: there.value, state: stateOf(policy, there).state } }),
    };
  });
  const only = [...inAccount.values()].filter(({ verdict }) => verdict !== 'unknown');
  const findings = [...found, ...only.map((finding) => onlyThere(policy, resources, finding))];
  findings.sort(by((one) => `${one.type} ${one.resource} ${one.subject}`));
  return { name, description, clauses, findings };
}

/** What only the account has, such as one more statement of a policy. */
function onlyThere(policy: Policy, resources: readonly Resource[], finding: Finding): EvidenceFinding {
  const { resource, subject, value } = finding;
  return {
    urn: resource.urn,
    type: resource.type,
    resource: nameIn(resources, resource),
    subject,
    value: 'not in the program',
    state: 'absent',
    account: { value, state: stateOf(policy, finding).state },
  };
}

/** An exception in the account is one only where it is one in the program. */
function stateOf(policy: Policy, finding: Finding): { state: FindingState; why?: string } {
  if (finding.verdict !== 'violated') return { state: finding.verdict };
  const exception = exceptionFor(policy.name, finding);
  return exception ? { state: 'exception', why: exception.reason } : { state: 'violated', why: finding.asks };
}

const isOn = ({ setting }: Control, resources: readonly Resource[]) => setting === undefined || setting.isOn(resources);

function clausesOf(policies: readonly EvidencePolicy[], resources: readonly Resource[]): EvidenceClause[] {
  return (Object.entries(CLAUSES) as [ClauseId, Clause][]).map(([id, clause]) => {
    const serving = policies.filter(({ clauses }) => clauses.includes(id));
    const possible = CONTROLS.filter(({ clauses }) => clauses.includes(id));
    const controls = possible.filter((control) => isOn(control, resources));
    const switchedOff = possible.flatMap((control) =>
      control.setting && !controls.includes(control) ? control.setting.name : [],
    );
    const violated = serving.some(({ findings }) => findings.some(isViolated));
    const served = serving.length + controls.length > 0;
    const state = violated ? 'violated' : !served ? 'outside' : clause.operator === undefined ? 'held' : 'shared';
    return {
      id,
      ...clause,
      state,
      policies: serving.map(({ name }) => name),
      controls: controls.map(({ name }) => name),
      ...(switchedOff.length > 0 && { switchedOff }),
    };
  });
}

export const isViolated = ({ state, account }: EvidenceFinding): boolean =>
  state === 'violated' || account?.state === 'violated';

/** The clauses of a standard, in its order. */
export const clausesOfStandard = (evidence: Evidence, standard: string): EvidenceClause[] =>
  evidence.clauses.filter(({ id }) => standardOf(id) === standard);

const keyOf = ({ resource, subject }: Finding) => `${resource.urn} ${subject}`;

/** The part of the logical name that names the component: `stream` of `tap-stream-transactions`. */
const componentOf = ({ name }: Resource) => name.split('-')[1] ?? name;

/** The physical name; a key's alias, the bucket that something is a part of; the logical name where AWS makes one up. */
export function nameIn(resources: readonly Resource[], resource: Resource): string {
  const { property } = NAMES[resource.type] ?? {};
  const name = property === undefined ? undefined : valueAt(resource, property);
  if (typeof name === 'string') return name;
  const alias = resources.find(({ references }) => references.targetKeyId?.includes(resource.urn));
  const bucket = resources.find(({ urn }) => resource.references.bucket?.[0] === urn);
  const named = alias ?? bucket;
  return named === undefined ? resource.name : nameIn(resources, named);
}

const by =
  <T>(key: (one: T) => string) =>
  (a: T, b: T) =>
    key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0;
