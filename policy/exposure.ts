import {
  asText,
  expectAt,
  expectEqual,
  type Finding,
  judge,
  type Resource,
  type ResourcePolicy,
  type StackPolicy,
  UNKNOWN,
  valueAt,
} from './policy';
import { conditionKeysOf, documentOf, principalsOf, type Statement } from './statements';

const NETWORK = ['PCI 1.3.1', 'PCI 1.3.2', 'PCI 1.4.2', 'PCI 1.4.4', 'APPI GL 10-6(3)', 'LGPD 46'] as const;

const none = (resource: Resource, path: string, asks: string) =>
  expectAt(resource, path, (value: unknown) => value === undefined || value === false || value === '', asks);

/** What could be reached from outside, and what says that it is not. */
const REACHABLE: Record<string, (resource: Resource) => Finding[]> = {
  'aws:rds/instance:Instance': (database) => [expectEqual(database, 'publiclyAccessible', false)],
  'aws:ec2/subnet:Subnet': (subnet) => [none(subnet, 'mapPublicIpOnLaunch', 'give no public addresses')],
  'aws:lambda/functionUrl:FunctionUrl': (url) => [expectEqual(url, 'authorizationType', 'AWS_IAM')],
  'aws:sns/topicSubscription:TopicSubscription': (subscription) => [
    expectAt(subscription, 'protocol', (name: string) => !/^http$/.test(name), 'subscribe over TLS'),
  ],
};

/** Ways between the VPC and the internet. */
const WAYS_OUT = ['aws:ec2/internetGateway:InternetGateway', 'aws:ec2/natGateway:NatGateway', 'aws:ec2/eip:Eip'];

export const nothingPublic: ResourcePolicy = {
  name: 'nothing-public',
  description: 'Nothing has a public address, and the VPC no way to the internet',
  clauses: NETWORK,
  each(resource) {
    if (WAYS_OUT.includes(resource.type)) {
      return [judge(resource, 'type', resource.type, () => false, 'leave the VPC without a way to the internet')];
    }
    return REACHABLE[resource.type]?.(resource) ?? [];
  },
};

/** What may lie in private subnets only, and where it says in which. */
const INSIDE: Record<string, string> = {
  'aws:ec2/vpcEndpoint:VpcEndpoint': 'subnetIds',
  'aws:elasticache/subnetGroup:SubnetGroup': 'subnetIds',
  'aws:lambda/function:Function': 'vpcConfig',
  'aws:rds/subnetGroup:SubnetGroup': 'subnetIds',
};

/** The URNs of the subnets whose route table leads to an internet gateway. */
function publicSubnets(resources: readonly Resource[]): string[] {
  const of = (kind: string) => resources.filter(({ type }) => type === kind);
  const gateways = of('aws:ec2/internetGateway:InternetGateway').map(({ urn }) => urn);
  const tables = of('aws:ec2/route:Route')
    .filter(({ references }) => references.gatewayId?.some((urn) => gateways.includes(urn)))
    .flatMap(({ references }) => references.routeTableId ?? []);
  return of('aws:ec2/routeTableAssociation:RouteTableAssociation')
    .filter(({ references }) => references.routeTableId?.some((urn) => tables.includes(urn)))
    .flatMap(({ references }) => references.subnetId ?? []);
}

export const privateSubnetsOnly: StackPolicy = {
  name: 'private-subnets-only',
  description: 'Functions, cache, database and endpoints lie in subnets that no internet gateway leads to',
  clauses: NETWORK,
  all(resources) {
    const open = publicSubnets(resources);
    return resources.flatMap((resource) => {
      const input = INSIDE[resource.type];
      const subnets = input === undefined ? [] : (resource.references[input] ?? []);
      const inside = subnets.filter((urn) => !open.includes(urn)).length;
      if (input === undefined || subnets.length === 0 || resource.partial) return [];
      const shown = inside === subnets.length ? 'private subnets' : 'a public subnet';
      return [judge(resource, input, shown, (is) => is === 'private subnets', 'put it into private subnets')];
    });
  },
};

const RULES = [
  'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule',
  'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule',
];
const GROUPS = ['aws:ec2/securityGroup:SecurityGroup', 'aws:ec2/defaultSecurityGroup:DefaultSecurityGroup'];

export const rulesBetweenGroups: ResourcePolicy = {
  name: 'rules-between-groups',
  description:
    'Every rule names one port over TCP, its reason and a security group, never an address range; the default group has none',
  clauses: ['PCI 1.2.5', ...NETWORK],
  each(resource) {
    if (GROUPS.includes(resource.type)) {
      return ['ingress', 'egress'].map((path) =>
        expectAt(
          resource,
          path,
          (rules: unknown[] = []) => rules.length === 0,
          'write every rule as a resource of its own',
        ),
      );
    }
    if (!RULES.includes(resource.type)) return [];
    const [fromPort, toPort] = ['fromPort', 'toPort'].map((path) => valueAt(resource, path));
    const onePort = ([from, to]: number[]) => from === to && from !== undefined;
    return [
      counterpart(resource),
      expectEqual(resource, 'ipProtocol', 'tcp'),
      judge(resource, 'fromPort to toPort', [fromPort, toPort], onePort, 'open one port'),
      expectAt(resource, 'description', (text: string | undefined) => Boolean(text), 'say what the rule is for'),
    ];
  },
};

const RANGES = ['cidrIpv4', 'cidrIpv6', 'prefixListId'];

/** Who a rule lets talk: a group, also one that is still to be made, and no addresses beside it. */
function counterpart(rule: Resource): Finding {
  const ranges = RANGES.map((path) => valueAt(rule, path)).filter((value) => value !== undefined && value !== '');
  const [source] = rule.references.referencedSecurityGroupId ?? [];
  const group = rule.partial || source === undefined ? valueAt(rule, 'referencedSecurityGroupId') : source;
  const value = ranges.length > 0 ? ranges.map(asText).join(', ') : group === undefined ? 'not set' : 'a group';
  const known = [...ranges, group].every((one) => one !== UNKNOWN);
  return judge(rule, 'counterpart', known ? value : UNKNOWN, (is) => is === 'a group', 'refer to a security group');
}

/** Conditions that leave only principals of known accounts or resources. */
const BINDING = [
  'aws:principalaccount',
  'aws:principalarn',
  'aws:principalorgid',
  'aws:sourceaccount',
  'aws:sourcearn',
  'kms:calleraccount',
  'kms:encryptioncontext:aws:logs:arn', // CloudWatch Logs, which says for which group
  'sts:externalid', // Firehose, which says for which account
];

const isEverybody = (principal: string) => principal === '*' || principal === 'AWS *';

/** What a statement gives to whom, for the eye. */
const shown = (statement: Statement) =>
  `${principalsOf(statement).join(', ')}${statement.Condition ? ' under conditions' : ''}`;

function ofAllows(resource: Resource, check: (statement: Statement, subject: string) => Finding[]): Finding[] {
  const document = documentOf(resource);
  if (document === undefined || document.kind === 'identity') return [];
  const { statements, property } = document;
  if (typeof statements === 'symbol') return [judge(resource, property, statements, () => true, 'make it known')];
  return statements
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap((statement) => check(statement, statement.Sid ?? property));
}

export const noPublicPrincipals: ResourcePolicy = {
  name: 'no-public-principals',
  description: 'No policy of a resource, key, endpoint or role gives anything to everybody',
  clauses: ['PCI 1.4.4', 'PCI 7.2.5', 'PCI 7.3.3', 'APPI GL 10-6(1)', 'APPI GL 10-6(2)', 'LGPD 46'],
  each: (resource) =>
    ofAllows(resource, (statement, subject) => {
      const bound = conditionKeysOf(statement).some((key) => BINDING.includes(key));
      const open = principalsOf(statement).some(isEverybody) || statement.NotPrincipal !== undefined;
      const asks = 'name who may, or bind it to an account by a condition';
      return [judge(resource, `${subject}: Principal`, shown(statement), () => !open || bound, asks)];
    }),
};

export const servicesBound: ResourcePolicy = {
  name: 'services-bound',
  description: 'Where a policy lets an AWS service in, it says for which account or resource',
  clauses: ['PCI 7.2.5', 'APPI GL 10-6(2)', 'LGPD 46'],
  each(resource) {
    if (resource.type === 'aws:lambda/permission:Permission') {
      const named = (source: unknown) => source !== undefined;
      return [expectAt(resource, 'sourceArn', named, 'name the rule that may invoke')];
    }
    return ofAllows(resource, (statement, subject) =>
      principalsOf(statement)
        .filter((principal) => principal.startsWith('Service '))
        .map((principal) => {
          const bound = conditionKeysOf(statement).some((key) => BINDING.includes(key));
          const value = `${principal.slice('Service '.length)}${bound ? ' under a condition' : ' for any account'}`;
          return judge(resource, `${subject}: Principal`, value, () => bound, 'add aws:SourceAccount or aws:SourceArn');
        }),
    );
  },
};
