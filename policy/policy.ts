import type { ClauseId } from './clauses';

/** Stands for a value that a preview does not know yet, or that could not be read from the account. */
export const UNKNOWN = Symbol('unknown');

/** A resource of the stack, as a preview, an evaluation of the program or the account tells of it. */
export interface Resource {
  urn: string;
  /** Such as `aws:kinesis/stream:Stream`. */
  type: string;
  /** Logical name; it begins with the component's: `tap-stream-transactions`. */
  name: string;
  /** Inputs, and outputs where there are any; UNKNOWN where the value is not there to be seen. */
  // biome-ignore lint/suspicious/noExplicitAny: properties of any resource type
  properties: Record<string, any>;
  /** Whether a property that is not among `properties` may be there all the same; without any, nothing was looked at. */
  partial?: boolean;
  /** Whether Pulumi refuses to delete it. */
  protect: boolean | typeof UNKNOWN;
  /** Tags that its provider gives everything; none without a provider of the stack's own. */
  defaultTags?: Record<string, unknown>;
  /** By input, the URNs of the resources that its value comes from. */
  references: Record<string, readonly string[]>;
}

/** What was seen of one thing that a policy asks for. */
export interface Finding {
  resource: Resource;
  /** A property's path, or a statement and what of it. */
  subject: string;
  /** What stands there, as text; never a secret or a payload. */
  value: string;
  verdict: 'met' | 'violated' | 'unknown';
  /** What is asked for. */
  asks: string;
}

interface PolicyBase {
  name: string;
  /** What holds, in one sentence. */
  description: string;
  /** The clauses it serves. */
  clauses: readonly ClauseId[];
}

/** Looks at one resource alone, so it also holds up a deployment before that resource is made. */
export interface ResourcePolicy extends PolicyBase {
  each(resource: Resource): Finding[];
}

/** Looks at how resources relate. */
export interface StackPolicy extends PolicyBase {
  all(resources: readonly Resource[]): Finding[];
}

export type Policy = ResourcePolicy | StackPolicy;

export function findingsOf(policy: Policy, resources: readonly Resource[]): Finding[] {
  return 'each' in policy ? resources.flatMap((resource) => policy.each(resource)) : policy.all(resources);
}

/** A finding as a sentence that says what is wrong and what to do. */
export function messageOf({ subject, value, asks }: Finding): string {
  return `${subject} is ${value}: ${asks}`;
}

/**
 * What stands at a path such as `rules.0.bucketKeyEnabled`; undefined where nothing does.
 *
 * @returns UNKNOWN as soon as a part of the path is
 */
export function valueAt(resource: Resource, path: string): unknown {
  const [first, ...rest] = path.split('.') as [string, ...string[]];
  if (resource.partial && !(first in resource.properties)) return UNKNOWN;
  let value: unknown = resource.properties[first];
  for (const key of rest) {
    if (value === UNKNOWN) return UNKNOWN;
    value = (value as Record<string, unknown> | null | undefined)?.[key];
  }
  return value;
}

/** Whether something anywhere inside a value is not known. */
export function holdsUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsUnknown);
}

export function asText(value: unknown): string {
  if (value === undefined || value === null) return 'not set';
  if (holdsUnknown(value)) return 'not known yet';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The finding about a value that is at hand; unknown as long as a part of the value is. */
export function judge(
  resource: Resource,
  subject: string,
  value: unknown,
  holds: (value: never) => boolean,
  asks: string,
  shown: string = asText(value),
): Finding {
  const verdict = holdsUnknown(value) ? 'unknown' : holds(value as never) ? 'met' : 'violated';
  return { resource, subject, value: shown, verdict, asks };
}

/** The finding about what stands at a path of a resource. */
export function expectAt(resource: Resource, path: string, holds: (value: never) => boolean, asks: string): Finding {
  return judge(resource, path, valueAt(resource, path), holds, asks);
}

/** The finding about a property that must be exactly this. */
export function expectEqual(resource: Resource, path: string, wanted: string | number | boolean): Finding {
  return expectAt(resource, path, (value: unknown) => value === wanted, `set it to ${wanted}`);
}

/** Whether nothing of the resource itself was looked at. */
export const isUnread = ({ partial, properties }: Resource): boolean =>
  partial === true && Object.keys(properties).length === 0;

/** How many there are; UNKNOWN where one of them has not been looked at. */
export function countOf(resources: readonly Resource[]): number | typeof UNKNOWN {
  return resources.some(isUnread) ? UNKNOWN : resources.length;
}

/** The resources of a type that stand for a part of another one, such as the versioning of a bucket. */
export function partsOf(resource: Resource, type: string, input: string, all: readonly Resource[]): Resource[] {
  return all.filter((part) => part.type === type && part.references[input]?.includes(resource.urn));
}
