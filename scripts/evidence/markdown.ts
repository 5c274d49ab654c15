import type { ClauseState, Evidence, EvidenceClause, EvidenceFinding, EvidencePolicy, FindingState } from './evidence';
import { clausesOfStandard, isViolated } from './evidence';

/** Names of resources that a row shows; evidence.json has them all. */
const NAMES_A_ROW = 6;

const CLAUSE_STATES: Record<ClauseState, string> = {
  held: 'covered',
  shared: 'covered in part',
  outside: 'not covered',
  violated: '**violated**',
};

const FINDING_STATES: Record<FindingState, string> = {
  met: 'met',
  exception: 'exception',
  violated: '**violated**',
  unknown: 'not read',
  absent: 'not in the program',
};

/** The evidence as an auditor reads it; everything it says is in the JSON too. */
export function asMarkdown(evidence: Evidence): string {
  return `${[
    `# Evidence for ${evidence.environmentSuffix}`,
    head(evidence),
    summary(evidence),
    violations(evidence),
    operatorTasks(evidence),
    notCovered(evidence),
    ...Object.keys(evidence.standards).map((standard) => clauses(evidence, standard)),
    exceptions(evidence),
    `## What every resource is held to\n\nEach policy is checked in previews, before a deployment makes a resource, in the tests, and here.`,
    ...evidence.policies.map((policy) => policySection(policy, evidence.account !== undefined)),
    controls(evidence),
    inventory(evidence),
  ]
    .filter((part) => part !== '')
    .join('\n\n')}\n`;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), `|${header.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

function head(evidence: Evidence): string {
  const { stack, region, date, commit, account, standards, unread } = evidence;
  const basis =
    account === undefined
      ? 'the program as it is evaluated; the account was not asked'
      : `the program as it is evaluated, and account ${account} as it was found`;
  const rows = [
    ['stack', stack],
    ['region', region],
    ['date', date],
    ['commit', commit],
    ['rests on', basis],
    ...Object.values(standards).map(({ name, version, source, compared }) => [
      name,
      `${version} (${source}); numbers compared with ${compared}`,
    ]),
  ];
  const notes = [
    'A clause is given in our words; the text is that of the standard. **Covered** means that every control named beside it holds for',
    'every resource concerned, **in part** that the operator, who deploys and runs the stack, has to do the rest. Whether that meets the',
    'clause is for the assessor to say. An **exception** is a listed deviation with its reason. ~ marks a clause whose number could not be',
    'compared with a published text.',
    ...(account === undefined
      ? ['', 'Whether AWS agrees: `npm run evidence -- --deployed`, with credentials that may read.']
      : unread.length > 0
        ? ['', `Not read in the account: ${unread.join('; ')}.`]
        : []),
  ];
  return `${table(['', ''], rows)}\n\n${notes.join('\n')}`;
}

function summary(evidence: Evidence): string {
  const states = Object.keys(CLAUSE_STATES) as ClauseState[];
  const rows = Object.entries(evidence.standards).map(([standard, { name }]) => {
    const all = clausesOfStandard(evidence, standard);
    return [name, ...states.map((state) => String(all.filter((one) => one.state === state).length))];
  });
  const findings = evidence.policies.flatMap((policy) => policy.findings);
  const count = (state: FindingState) => findings.filter((finding) => finding.state === state).length;
  const lines = [
    `${findings.length} findings of ${evidence.policies.length} policies on ${evidence.inventory.length} resources: ${count('met')} met, ${count('exception')} exceptions, ${count('violated')} violated.`,
  ];
  if (evidence.account !== undefined) {
    const there = findings.flatMap(({ account }) => account?.state ?? []);
    const seen = (state: FindingState) => there.filter((one) => one === state).length;
    lines.push(
      `In the account: ${seen('met')} met, ${seen('exception')} exceptions, ${seen('violated')} violated, ${findings.length - seen('met') - seen('exception') - seen('violated')} not read.`,
    );
  }
  return `## Summary\n\n${table(['clauses of', ...states.map((state) => CLAUSE_STATES[state])], rows)}\n\n${lines.join('\n')}`;
}

function violations(evidence: Evidence): string {
  const rows = evidence.policies.flatMap(({ name, clauses: served, findings }) =>
    findings
      .filter(isViolated)
      .map((finding) => [
        name,
        finding.resource,
        finding.subject,
        code(finding.value),
        finding.account ? code(finding.account.value) : '',
        served.join(', '),
      ]),
  );
  if (rows.length === 0) return '';
  return `## Violations\n\n${table(['policy', 'resource', 'what', 'in the program', 'in the account', 'clauses'], rows)}`;
}

function operatorTasks(evidence: Evidence): string {
  const tasks = evidence.clauses.filter(({ operator }) => operator !== undefined);
  return `## What the operator still has to do\n\n${tasks.map((clause) => `- [ ] **${title(clause)}** ${clause.operator}`).join('\n')}`;
}

function notCovered(evidence: Evidence): string {
  const intro =
    'The stack has no control for these clauses that is on, and none for what no clause below names: its coverage is this list, not the standard.';
  const rows = evidence.clauses
    .filter(({ state }) => state === 'outside')
    .map((clause) => [title(clause), clause.asks, clause.outside ?? switchedOff(clause)]);
  return `## What is not covered\n\n${intro}\n\n${table(['clause', 'asks', 'why not'], rows)}`;
}

const switchedOff = ({ switchedOff: settings = [] }: EvidenceClause): string =>
  `A control for it is switched off (${settings.join(', ')}).`;

const title = ({ id, checked }: EvidenceClause) => `${id}${checked === false ? ' ~' : ''}`;

function clauses(evidence: Evidence, standard: string): string {
  const { name, version } = evidence.standards[standard] ?? { name: standard, version: '' };
  const rows = clausesOfStandard(evidence, standard).map((clause) => [
    title(clause),
    clause.asks,
    CLAUSE_STATES[clause.state],
    [...clause.policies.map((policy) => linkTo(evidence, policy)), ...clause.controls].join(', '),
  ]);
  return `## ${name}\n\n${version}.\n\n${table(['clause', 'asks', 'state', 'controls'], rows)}`;
}

/** A link to what a policy found, with how much that is. */
function linkTo({ policies }: Evidence, policy: string): string {
  const findings = policies.find(({ name }) => name === policy)?.findings ?? [];
  const count = (wanted: FindingState) => findings.filter(({ state }) => state === wanted).length;
  const excepted = count('exception');
  const parts = [
    `${count('met')} met`,
    ...(excepted > 0 ? [excepted === 1 ? '1 exception' : `${excepted} exceptions`] : []),
  ];
  return `[${policy}](#${policy}) (${parts.join(', ')})`;
}

function exceptions(evidence: Evidence): string {
  const rows = evidence.policies.flatMap(({ name, findings }) =>
    grouped(findings.filter(({ state }) => state === 'exception')).map(({ names, finding }) => [
      `[${name}](#${name})`,
      names,
      `${finding.subject}: ${code(finding.value)}`,
      finding.why ?? '',
    ]),
  );
  return `## Exceptions\n\nWhat a policy would refuse, and why it stands. A test fails when one is not needed.\n\n${table(['policy', 'resource', 'what', 'reason'], rows)}`;
}

function policySection(policy: EvidencePolicy, asked: boolean): string {
  const rows = grouped(policy.findings).map(({ names, finding }) => [
    finding.type,
    names,
    finding.subject,
    code(finding.value),
    FINDING_STATES[finding.state],
    ...(asked ? [inAccount(finding)] : []),
  ]);
  const header = ['type', 'resource', 'what', 'value', 'state', ...(asked ? ['in the account'] : [])];
  return `### ${policy.name}\n\n${policy.description}. Serves ${policy.clauses.join(', ')}.\n\n${table(header, rows)}`;
}

function inAccount({ account, value }: EvidenceFinding): string {
  if (account === undefined || account.state === 'unknown') return FINDING_STATES.unknown;
  return account.value === value
    ? `${FINDING_STATES[account.state]}, the same`
    : `${FINDING_STATES[account.state]}: ${code(account.value)}`;
}

/** Findings that say the same of several resources of a type, as one. */
function grouped(findings: readonly EvidenceFinding[]): { names: string; finding: EvidenceFinding }[] {
  const groups = new Map<string, EvidenceFinding[]>();
  for (const finding of findings) {
    const { type, subject, value, state, account } = finding;
    const key = JSON.stringify([type, subject, value, state, account]);
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()].map((group) => {
    const all = [...new Set(group.map(({ resource }) => resource))];
    const more = all.length > NAMES_A_ROW ? ` and ${all.length - NAMES_A_ROW} more` : '';
    return { names: `${all.slice(0, NAMES_A_ROW).join(', ')}${more}`, finding: group[0] as EvidenceFinding };
  });
}

const code = (text: string) => `\`${text.replaceAll('`', "'")}\``;

function controls(evidence: Evidence): string {
  const rows = evidence.controls.map(({ name, does, shown, clauses: served }) => [
    name,
    does,
    shown.map(code).join(', '),
    served.join(', '),
  ]);
  return `## Other controls\n\nCode, tests, commands and habits that no policy sees.\n\n${table(['control', 'what it does', 'shown by', 'serves'], rows)}`;
}

function inventory(evidence: Evidence): string {
  const rows = evidence.inventory.map(({ component, type, name, resource }) => [
    component,
    type,
    name,
    name === resource ? '' : resource,
  ]);
  return `## Inventory\n\nEverything the program asks AWS for.\n\n${table(['component', 'type', 'logical name', 'name'], rows)}`;
}
