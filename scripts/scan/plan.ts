import type { Resource } from '../graph';

/** What Terraform's provider, which Pulumi's is made of, calls the resources of a module; each name goes on with the resource's own. */
const PREFIXES: Record<string, string | undefined> = {
  apigateway: 'aws_api_gateway_',
  budgets: 'aws_budgets_',
  cloudwatch: 'aws_cloudwatch_',
  ec2: 'aws_',
  elasticache: 'aws_elasticache_',
  iam: 'aws_iam_',
  kinesis: 'aws_kinesis_',
  kms: 'aws_kms_',
  lambda: 'aws_lambda_',
  rds: 'aws_db_',
  s3: 'aws_s3_',
  sns: 'aws_sns_',
  vpc: 'aws_vpc_',
  wafv2: 'aws_wafv2_',
};

/** Lists of blocks: Pulumi names them in the plural. */
const BLOCKS: Record<string, string | undefined> = {
  advancedEventSelectors: 'advanced_event_selector',
  costFilters: 'cost_filter',
  fieldSelectors: 'field_selector',
  logDeliveryConfigurations: 'log_delivery_configuration',
  notifications: 'notification',
  rules: 'rule',
  transitions: 'transition',
};

/** The same, where the name means something else in other resources. */
const BLOCKS_OF: Record<string, Record<string, string> | undefined> = {
  'aws:elasticache/parameterGroup:ParameterGroup': { parameters: 'parameter' },
  'aws:rds/parameterGroup:ParameterGroup': { parameters: 'parameter' },
};

/** Names that Pulumi does not take over as they are. */
const RENAMED: Record<string, Record<string, string> | undefined> = {
  'aws:lambda/function:Function': { name: 'function_name', code: 'filename' },
  'aws:lambda/permission:Permission': { function: 'function_name' },
};

/** Maps with keys of the user's choice: what is in them is left as it is. */
const MAPS = ['dimensions', 'tags', 'triggers', 'variables'];

/** Terraform's type of a resource of AWS. @throws RangeError for a module that is not known here */
export function terraformType(type: string): string {
  const [, module = '', name = ''] = /^aws:([a-z0-9]+)\/(\w+):/.exec(type) ?? [];
  if (type === 'aws:cloudtrail/trail:Trail') return 'aws_cloudtrail';
  const prefix = PREFIXES[module];
  if (prefix === undefined)
    throw new RangeError(`scripts/scan/plan.ts does not know the module of ${type}: add it to PREFIXES`);
  return `${prefix}${snake(name)}`;
}

/**
 * The graph in the form of `terraform show -json`: the values of every resource of AWS, and which others each refers to, told by
 * their ids, ARNs and names.
 *
 * @throws RangeError as `terraformType`
 */
export function terraformPlan(resources: readonly Resource[]): object {
  const all = resources
    .filter(({ type }) => type.startsWith('aws:'))
    .flatMap((resource) => [resource, ...policyOf(resource)])
    .map((resource) => ({ ...resource, tf: terraformType(resource.type) }));
  const address = ({ tf, name }: { tf: string; name: string }) => `${tf}.${name}`;
  const targets = all.flatMap((resource) => {
    const { name, inputs } = resource;
    const named = [inputs.name, inputs.bucket, inputs.identifier, inputs.replicationGroupId].find(
      (text) => typeof text === 'string',
    );
    return [`${name}-id`, named, inputs.arn].flatMap((value) => (value === undefined ? [] : [{ value, resource }]));
  });
  /** What an input refers to, as the configuration writes it; undefined where that is nothing. */
  const expressionOf = (type: string, value: unknown, self: object): unknown => {
    const items = [value].flat();
    const blocks = items.filter(isBlock).map((block) => expressionsOf(type, block, self));
    if (blocks.length > 0) return blocks;
    const references = items.flatMap((item) => {
      const target = targets.find((candidate) => candidate.value === item && candidate.resource !== self)?.resource;
      return target === undefined ? [] : [`${address(target)}.id`, address(target)];
    });
    return references.length === 0 ? undefined : { references };
  };
  const expressionsOf = (type: string, inputs: object, self: object): object =>
    Object.fromEntries(
      Object.entries(inputs).map(([key, value]) => [attribute(type, key), expressionOf(type, value, self)]),
    );
  const identity = (resource: (typeof all)[number]) => ({
    address: address(resource),
    mode: 'managed',
    type: resource.tf,
    name: resource.name,
  });
  return {
    format_version: '1.2',
    terraform_version: '1.9.0',
    planned_values: {
      root_module: {
        resources: all.map((resource) => ({ ...identity(resource), values: valuesOf(resource.type, resource.inputs) })),
      },
    },
    configuration: {
      root_module: {
        resources: all.map((resource) => ({
          ...identity(resource),
          expressions: expressionsOf(resource.type, resource.inputs, resource),
        })),
      },
    },
  };
}

/** The policy of a topic, which scanners look for as a resource of its own. */
function policyOf({ type, name, inputs }: Resource): Resource[] {
  if (type !== 'aws:sns/topic:Topic' || inputs.policy === undefined) return [];
  return [
    {
      type: 'aws:sns/topicPolicy:TopicPolicy',
      name: `${name}-policy`,
      inputs: { arn: inputs.name, policy: inputs.policy },
    },
  ];
}

function valuesOf(type: string, inputs: object): object {
  return Object.fromEntries(
    Object.entries(inputs).map(([key, value]) => [
      attribute(type, key),
      MAPS.includes(key) ? value : inPlan(type, value),
    ]),
  );
}

/** A block that stands once is a list of one in a plan. */
function inPlan(type: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => (isBlock(item) ? valuesOf(type, item) : item));
  return isBlock(value) ? [valuesOf(type, value)] : value;
}

const isBlock = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !('__pulumiArchive' in value);

function attribute(type: string, key: string): string {
  return RENAMED[type]?.[key] ?? BLOCKS_OF[type]?.[key] ?? BLOCKS[key] ?? snake(key);
}

function snake(name: string): string {
  return name.replace(/(?<=[a-z0-9])([A-Z])/g, '_$1').toLowerCase();
}
