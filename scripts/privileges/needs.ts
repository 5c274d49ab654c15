import type { Resource } from '../graph';
import type { Call } from './calls';
import { DECLARED, type Declared } from './declared';
import { endpointsOf, type Grant, Shortener } from './grants';

/** A call that somebody makes. */
export interface Need extends Pick<Grant, 'grantee' | 'action' | 'resource' | 'via'> {
  why: string;
  /** Source file of this project, or page, that shows it. */
  source: string;
}

const FUNCTION = 'aws:lambda/function:Function';

/**
 * What is called: by the code of the functions, on the resources that their environment names, and by whom `DECLARED` names.
 *
 * @param calls of each function, by its name in `ENTRY_POINTS`
 * @param settings that are on
 */
export function needsOf(
  resources: readonly Resource[],
  calls: Record<string, Call[]>,
  grants: readonly Grant[],
  settings: Record<string, string>,
  declared: readonly Declared[] = DECLARED,
): Need[] {
  const roles = new Set(resources.filter(({ type }) => type === 'aws:iam/role:Role').map(({ inputs }) => inputs.name));
  const shortener = new Shortener(resources);
  const known = new Set([...roles].map((name) => shortener.short(name)));
  const present = (grantee: string) => !grantee.startsWith('iam-') || known.has(grantee);
  const stated = declared
    .filter(({ onlyWith }) => onlyWith === undefined || settings[onlyWith] !== undefined)
    .flatMap(({ grantees, actions, resources: on, via = '', why, source }) =>
      grantees.filter(present).flatMap((grantee) =>
        on.flatMap((resource) => {
          const own = resource.replace('<own>', grantee.replace(/^iam-|-<suffix>$/g, ''));
          return actions.map((action) => ({ grantee, action, resource: own, via, why, source }));
        }),
      ),
    );
  return [...stated, ...functionNeeds(resources, calls, grants, shortener)];
}

/** A function is told by its environment what it may call: a grant on anything else is not for its code. */
function functionNeeds(
  resources: readonly Resource[],
  calls: Record<string, Call[]>,
  grants: readonly Grant[],
  shortener: Shortener,
): Need[] {
  return resources
    .filter(({ type }) => type === FUNCTION)
    .flatMap(({ inputs }) => {
      const member = /^lambda-([a-z]+)-/.exec(inputs.name)?.[1] ?? '';
      const grantee = shortener.short(String(inputs.role).split('/').at(-1) as string);
      const variables = Object.values(inputs.environment.variables as Record<string, string>);
      const told = new Set(variables.map((value) => lastPart(shortener.short(value))));
      return (calls[member] ?? []).flatMap(({ action, file }): Need[] => {
        const on = grants.filter(
          (grant) => grant.grantee === grantee && grant.action === action && told.has(lastPart(grant.resource)),
        );
        const targets = on.length > 0 ? on.map(({ resource }) => resource) : ['what its environment names'];
        return targets.map((resource) => ({
          grantee,
          action,
          resource,
          via: '',
          why: 'the code of the function',
          source: file,
        }));
      });
    });
}

/** Name of a resource, from its shortened ARN or a value of the environment. */
const lastPart = (text: string) => text.split(/[:/ ]/).at(-1) as string;

/** Whether a grant is exactly what a call takes. */
export function covers(grant: Grant, need: Need): boolean {
  return (['grantee', 'action', 'resource', 'via'] as const).every((key) => grant[key] === need[key]);
}

/**
 * Grants that nobody uses, calls that nobody may make, and calls that the VPC's endpoints do not let through or none makes there:
 * one sentence each.
 */
export function problemsOf(
  resources: readonly Resource[],
  grants: readonly Grant[],
  needs: readonly Need[],
  calls: Record<string, Call[]>,
): string[] {
  const unused = grants
    .filter((grant) => !needs.some((need) => covers(grant, need)))
    .map((grant) => `${sentence(grant, 'may')}, which nothing calls`);
  const missing = needs
    .filter((need) => !grants.some((grant) => covers(grant, need)))
    .map((need) => `${sentence(need, 'may not')}, which ${need.source} calls`);
  return [...unused, ...missing, ...endpointProblems(resources, needs, calls)];
}

const sentence = ({ grantee, action, resource, via }: Omit<Grant, 'condition'>, may: string) =>
  `${grantee} ${may} ${action}${resource && ` on ${resource}`}${via && ` through ${via}`}`;

/** Sign-ins go to the stores themselves; everything else leaves through an endpoint. */
const SIGN_IN = /^(rds-db|elasticache):/i;

function endpointProblems(
  resources: readonly Resource[],
  needs: readonly Need[],
  calls: Record<string, Call[]>,
): string[] {
  const endpoints = endpointsOf(resources);
  const made = Object.values(calls)
    .flat()
    .filter(({ action }) => !SIGN_IN.test(action));
  const blocked = made
    .filter(({ action }) => !endpoints.get(action.split(':')[0] as string)?.has(action))
    .map(({ action, file }) => `no interface endpoint lets ${action} through, which ${file} calls`);
  const idle = [...endpoints].flatMap(([service, actions]) =>
    [...actions]
      .filter(
        (action) =>
          action.startsWith(`${service}:`) &&
          !needs.some((need) => need.action === action && need.grantee.startsWith('iam-')),
      )
      .map((action) => `the endpoint of ${service} lets ${action} through, which nobody calls`),
  );
  return [...blocked, ...idle];
}
