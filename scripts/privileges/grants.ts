import { ACCOUNT, DATABASE_RESOURCE_ID, REGION } from '../computed';
import type { Resource } from '../graph';

/** Something that a role, or a service under its own name, is permitted. */
export interface Grant {
  /** A role by its name, `iam-processor-<suffix>`, or a service, `events.amazonaws.com`. */
  grantee: string;
  /** An action as the policy writes it, `kinesis:GetRecords`, or the name of a managed policy of AWS. */
  action: string;
  /** An ARN without its account: `kinesis stream/kinesis-transactions-<suffix>`. */
  resource: string;
  /** The one service through which a key may be used; empty for directly. */
  via: string;
  /** Under which conditions, as text; empty for none. */
  condition: string;
}

interface Statement {
  Effect: 'Allow' | 'Deny';
  Principal?: '*' | Record<string, string | string[]>;
  Action: string | string[];
  Resource: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

const list = <T>(value: T | T[] | undefined): T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

const statementsOf = (policy: string): Statement[] => JSON.parse(policy).Statement;

/** Shortens what policies say to what differs between two environments: ARNs lose account and region, keys get their names. */
export class Shortener {
  private readonly keys: Map<string, string>;
  private readonly suffix: string;

  constructor(resources: readonly Resource[]) {
    const aliases = resources.filter(({ type }) => type === 'aws:kms/alias:Alias');
    this.keys = new Map(aliases.map(({ inputs }) => [inputs.targetKeyId, `kms ${inputs.name}`]));
    const provider = resources.find(({ type }) => type === 'pulumi:providers:aws');
    this.suffix = JSON.parse(provider?.inputs.defaultTags ?? '{"tags":{}}').tags.Environment ?? '';
  }

  short(text: string): string {
    return (this.keys.get(text) ?? text)
      .replace(/^arn:aws:([a-z0-9-]+):[^:]*:[^:]*:/, '$1 ')
      .replace(/^(secretsmanager secret:.*)-\w{6}$/, '$1') // the end that AWS gives every secret
      .replaceAll(ACCOUNT, '<account>')
      .replaceAll(REGION, '<region>')
      .replace(DATABASE_RESOURCE_ID, '<resource id>')
      .replaceAll(new RegExp(`-${this.suffix}(?=$|[^a-z0-9-])`, 'g'), '-<suffix>');
  }
}

/** Everything that roles and services are permitted, in the order of their names. Denials take away and are no part of it. */
export function grantsOf(resources: readonly Resource[]): Grant[] {
  const shortener = new Shortener(resources);
  const short = (text: string) => shortener.short(text);
  const grants = resources.flatMap((resource): Grant[] => {
    const { type, inputs } = resource;
    switch (type) {
      case 'aws:iam/rolePolicy:RolePolicy':
        return permitted(inputs.policy, () => [short(inputs.role)]);
      case 'aws:iam/rolePolicyAttachment:RolePolicyAttachment':
        return [
          {
            grantee: short(inputs.role),
            action: inputs.policyArn.split('/').at(-1),
            resource: '',
            via: '',
            condition: '',
          },
        ];
      case 'aws:lambda/permission:Permission': {
        const qualifier = inputs.qualifier ? `:${inputs.qualifier}` : '';
        return [
          {
            grantee: inputs.principal,
            action: inputs.action,
            resource: short(`arn:aws:lambda:::function:${inputs.function}${qualifier}`),
            via: '',
            condition: inputs.sourceArn ? `aws:SourceArn ${short(inputs.sourceArn)}` : '',
          },
        ];
      }
      case 'aws:kms/key:Key': {
        const alias = resources.find((other) => other.inputs.targetKeyId?.endsWith(`/${resource.name}`));
        return permitted(inputs.policy, services).map((grant) => ({
          ...grant,
          resource: short(`kms ${alias?.inputs.name}`),
        }));
      }
      default:
        return /^aws:(sns\/topic:Topic|s3\/bucketPolicy:BucketPolicy)$/.test(type) && inputs.policy
          ? permitted(inputs.policy, services)
          : [];
    }
  });
  return grants.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));

  function permitted(policy: string, granteesOf: (statement: Statement) => string[]): Grant[] {
    return statementsOf(policy)
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap((statement) => {
        const conditions = Object.values(statement.Condition ?? {}).flatMap((keys) => Object.entries(keys));
        const condition = conditions.map(([key, values]) => `${key} ${oneOf(list(values).map(short))}`).join('; ');
        const through = conditions.flatMap(([key, values]) => (key === 'kms:ViaService' ? list(values) : []));
        const via = through.map((service) => service.split('.')[0]).join(' or ');
        return granteesOf(statement).flatMap((grantee) =>
          list(statement.Action).flatMap((action) =>
            list(statement.Resource).map((resource) => ({
              grantee,
              action,
              resource: short(resource),
              via,
              condition,
            })),
          ),
        );
      });
  }

  /** The account itself is no grantee: what its principals may is in their own policies. */
  function services({ Principal }: Statement): string[] {
    return typeof Principal === 'object' ? list(Principal.Service).map(short) : [];
  }
}

/** As long as it can be read. */
const oneOf = (values: string[]) => (values.length > 3 ? `one of ${values.length}` : values.join(' or '));

const keyOf = ({ grantee, resource, action, condition }: Grant) => [grantee, resource, action, condition].join(' ');

/** Who may take each role, by the role's name. */
export function trustOf(resources: readonly Resource[]): Map<string, string[]> {
  const shortener = new Shortener(resources);
  const roles = resources.filter(({ type }) => type === 'aws:iam/role:Role');
  return new Map(
    roles.map(({ inputs }) => {
      const principals = statementsOf(inputs.assumeRolePolicy).flatMap(({ Principal }) =>
        typeof Principal === 'object' ? Object.values(Principal).flatMap(list) : list(Principal),
      );
      return [shortener.short(inputs.name), principals.map((principal) => shortener.short(principal))];
    }),
  );
}

/** What the VPC's interface endpoints let through, by the service's name. */
export function endpointsOf(resources: readonly Resource[]): Map<string, Set<string>> {
  const endpoints = resources.filter(({ inputs }) => inputs.vpcEndpointType === 'Interface');
  return new Map(
    endpoints.map(({ inputs }) => [
      String(inputs.serviceName).split('.').at(-1) as string,
      new Set(statementsOf(inputs.policy).flatMap(({ Action }) => list(Action))),
    ]),
  );
}
