import type { Resource } from '../../../../policy/policy';

/** What is done to the graph, in place. */
export type Change = (resources: Resource[]) => void;

/** A change of the graph, and the messages of what violates a policy then. */
export type Case = [what: string, change: Change, messages: string[]];

/** Sets what stands at a path of one resource, by the part of its type behind the last colon and its logical name. */
export const set =
  (kind: string, name: string, path: string, value: unknown): Change =>
  (resources) => {
    const keys = path.split('.');
    const last = keys.pop() as string;
    // biome-ignore lint/suspicious/noExplicitAny: properties of any resource type
    const holder = keys.reduce<any>((value, key) => value[key], find(resources, kind, name));
    holder[last] = value;
  };

/** Changes one statement of a policy, by its `Sid` or number. */
export const statement =
  (kind: string, name: string, which: string | number, change: object, property = 'policy'): Change =>
  (resources) => {
    const { properties } = find(resources, kind, name);
    const document = JSON.parse(properties[property]);
    const found = document.Statement.find(({ Sid }: { Sid?: string }, index: number) => which === (Sid ?? index));
    Object.assign(found, change);
    properties[property] = JSON.stringify(document);
  };

export const remove =
  (kind: string, name: string): Change =>
  (resources) => {
    resources.splice(resources.indexOf(find(resources, kind, name)), 1);
  };

export const add =
  (type: string, properties: object): Change =>
  (resources) => {
    const { defaultTags } = find(resources, 'Vpc', 'tap-network-vpc');
    resources.push({
      urn: `urn:${type}::tap-new`,
      type,
      name: 'tap-new',
      properties,
      protect: false,
      defaultTags,
      references: {},
    });
  };

/** @throws Error unless there is exactly one of that kind and logical name */
export function find(resources: Resource[], kind: string, name: string): Resource {
  const found = resources.filter(
    ({ type, name: logical }) => type.startsWith('aws:') && type.endsWith(`:${kind}`) && logical === name,
  );
  if (found.length !== 1) throw new Error(`${found.length} resources ${kind} ${name}, not 1`);
  return found[0] as Resource;
}
