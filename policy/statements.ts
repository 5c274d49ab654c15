import { type Resource, UNKNOWN, valueAt } from './policy';

/** A statement of an IAM policy document. */
export interface Statement {
  Sid?: string;
  Effect: 'Allow' | 'Deny';
  Principal?: string | Record<string, string | string[]>;
  NotPrincipal?: unknown;
  Action?: string | string[];
  NotAction?: string | string[];
  Resource?: string | string[];
  NotResource?: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** Who a document speaks to: roles, who may take a role, or who comes to a resource, a key or an endpoint. */
export type DocumentKind = 'identity' | 'trust' | 'resource' | 'key' | 'endpoint';

const DOCUMENTS: Record<string, { kind: DocumentKind; property: string }> = {
  'aws:iam/rolePolicy:RolePolicy': { kind: 'identity', property: 'policy' },
  'aws:iam/policy:Policy': { kind: 'identity', property: 'policy' },
  'aws:iam/role:Role': { kind: 'trust', property: 'assumeRolePolicy' },
  'aws:s3/bucketPolicy:BucketPolicy': { kind: 'resource', property: 'policy' },
  'aws:sns/topic:Topic': { kind: 'resource', property: 'policy' },
  'aws:sqs/queuePolicy:QueuePolicy': { kind: 'resource', property: 'policy' },
  'aws:apigateway/restApiPolicy:RestApiPolicy': { kind: 'resource', property: 'policy' },
  'aws:kms/key:Key': { kind: 'key', property: 'policy' },
  'aws:ec2/vpcEndpoint:VpcEndpoint': { kind: 'endpoint', property: 'policy' },
};

export interface Document {
  kind: DocumentKind;
  /** Where it stands. */
  property: string;
  statements: Statement[] | typeof UNKNOWN;
}

/**
 * The policy document of a resource; undefined where its type has none.
 *
 * @throws SyntaxError for one that is no JSON
 */
export function documentOf(resource: Resource): Document | undefined {
  const at = DOCUMENTS[resource.type];
  if (at === undefined) return undefined;
  const text = valueAt(resource, at.property);
  if (text === UNKNOWN) return { ...at, statements: UNKNOWN };
  if (text === undefined) return { ...at, statements: [] };
  const { Statement } = JSON.parse(text as string) as { Statement: Statement | Statement[] };
  return { ...at, statements: [Statement].flat() };
}

export const list = (value: string | string[] | undefined): string[] => (value === undefined ? [] : [value].flat());

/** Principals as `AWS arn:...` and `Service x.amazonaws.com`; `*` is everybody. */
export function principalsOf({ Principal }: Statement): string[] {
  if (Principal === undefined || typeof Principal === 'string') return list(Principal);
  return Object.entries(Principal).flatMap(([kind, names]) => list(names).map((name) => `${kind} ${name}`));
}

/** The keys that a statement's conditions ask about, in lower case. */
export function conditionKeysOf({ Condition = {} }: Statement): string[] {
  return Object.values(Condition).flatMap((test) => Object.keys(test).map((key) => key.toLowerCase()));
}
