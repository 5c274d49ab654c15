import type { Grant } from './grants';
import { covers, type Need } from './needs';

const HEAD = `# Privileges

Everything that a role of the stack, or a service of AWS under its own name, is permitted, and who calls it. Written by
\`npm run privileges\`, from the evaluated stack with every part switched on; \`npm test\` fails when this page is stale, when a grant is
used by nobody, and when a call may be made by nobody.

- What the functions' own code calls is read from it: the SDK commands it constructs and the sign-in tokens it signs, in every file of
  its bundle. A function may call that only on what its environment names.
- What AWS's services, people and programs outside call is declared in \`scripts/privileges/declared.ts\`, each with where it is
  written.
- Only what is allowed is listed. Denials (a function's code on network interfaces, the topic of alerts, the buckets) are in
  [security.md](security.md), as are the keys' policies for the account's own principals.
`;

/** \`docs/privileges.md\`. */
export function renderPrivileges(
  grants: readonly Grant[],
  needs: readonly Need[],
  trust: Map<string, string[]>,
): string {
  const grantees = [...new Set(grants.map(({ grantee }) => grantee))];
  const sections = grantees.map((grantee) => {
    const takers = trust.get(grantee);
    const rows = new Map<string, string[]>();
    for (const grant of grants.filter((candidate) => candidate.grantee === grantee)) {
      const key = rowOf(grant, needs);
      rows.set(key, [...(rows.get(key) ?? []), code(grant.action)]);
    }
    return [
      `## ${code(grantee)}`,
      '',
      ...(takers ? [`Taken by ${takers.map(taker).join(', ')}.`, ''] : []),
      '| may | on | where | for | known from |',
      '|---|---|---|---|---|',
      ...[...rows].map(([row, actions]) => `| ${actions.join(', ')} | ${row} |`),
      '',
    ].join('\n');
  });
  return `${HEAD}\n${sections.join('\n')}`;
}

/** All of a grant but its action: those that have it in common stand in one row. */
function rowOf(grant: Grant, needs: readonly Need[]): string {
  const { resource, condition } = grant;
  const used = needs.filter((need) => covers(grant, need));
  const reasons = [...new Set(used.map(({ why }) => why))].join('; ');
  const sources = [...new Set(used.map(({ source }) => link(source)))].join(', ');
  return [resource === '' ? '' : code(resource), condition === '' ? '' : code(condition), reasons, sources].join(' | ');
}

const code = (text: string) => `\`${text}\``;

const taker = (principal: string) =>
  principal === 'iam root' ? "the account's principals, as their own policies say" : code(principal);

function link(source: string): string {
  if (!source.startsWith('https://'))
    return source.startsWith('docs/') ? `[${source}](${source.slice(5)})` : code(source);
  return `[${source.split('/').slice(3, 4)}](${source})`;
}
