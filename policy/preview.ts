import type { PolicyResource, PolicyResourceOptions } from '@pulumi/policy';
import { type Resource, UNKNOWN } from './policy';

/** What Pulumi tells a policy of a resource, whether it is looked at alone or with all others. */
interface PulumiResource {
  urn: string;
  type: string;
  name: string;
  props: Record<string, unknown>;
  opts: PolicyResourceOptions;
  provider?: { props: Record<string, unknown> };
  propertyDependencies?: Record<string, PolicyResource[]>;
}

/** The resource as policies look at it. What a preview does not know throws when it is touched, and is UNKNOWN here. */
export function resourceOf(seen: PulumiResource): Resource {
  const { urn, type, name, opts, propertyDependencies = {} } = seen;
  const tags = seen.provider && defaultTagsOf(plain(seen.provider.props) as Record<string, unknown>);
  return {
    urn,
    type,
    name,
    properties: plain(seen.props) as Record<string, unknown>,
    protect: opts.protect,
    ...(tags && { defaultTags: tags }),
    references: Object.fromEntries(
      Object.entries(propertyDependencies).map(([input, from]) => [input, from.map((resource) => resource.urn)]),
    ),
  };
}

/** The tags that a provider of the stack's own gives everything; its settings are JSON on their way to it. */
export function defaultTagsOf({ defaultTags }: Record<string, unknown>): Record<string, unknown> | undefined {
  if (defaultTags === undefined || defaultTags === UNKNOWN) return undefined;
  const { tags } = typeof defaultTags === 'string' ? JSON.parse(defaultTags) : defaultTags;
  return tags;
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return Array.from(value, (_, index) => read(value, index));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.keys(value).map((key) => [key, read(value, key)]));
}

function read(holder: object, key: string | number): unknown {
  try {
    return plain((holder as Record<string | number, unknown>)[key]);
  } catch (error) {
    // @pulumi/policy does not export the class.
    if ((error as Error).constructor.name !== 'UnknownValueError') throw error;
    return UNKNOWN;
  }
}
