import type { Resource } from '../../../../policy/policy';
import { add, type Case, find, set, statement } from './change';

export const EXPOSURE: readonly Case[] = [
  [
    'a public database',
    set('Instance', 'tap-database-transactions', 'properties.publiclyAccessible', true),
    ['nothing-public, tap-database-transactions: publiclyAccessible is true: set it to false'],
  ],
  [
    'a subnet that gives public addresses',
    set('Subnet', 'tap-network-private-1', 'properties.mapPublicIpOnLaunch', true),
    ['nothing-public, tap-network-private-1: mapPublicIpOnLaunch is true: give no public addresses'],
  ],
  [
    'an internet gateway, and a private subnet that it leads to',
    (resources) => {
      const gateway = 'aws:ec2/internetGateway:InternetGateway';
      add(gateway, {})(resources);
      add('aws:ec2/route:Route', {})(resources);
      const route = resources.at(-1) as Resource;
      const { routeTableId } = find(resources, 'RouteTableAssociation', 'tap-network-private-1').references;
      route.references = { gatewayId: [`urn:${gateway}::tap-new`], routeTableId: routeTableId ?? [] };
    },
    [
      'nothing-public, tap-new: type is aws:ec2/internetGateway:InternetGateway: leave the VPC without a way to the internet',
      ...['cache-subnets', 'database-subnets', 'alerts-sns', 'network-secretsmanager'].map(
        (name) => `private-subnets-only, tap-${name}: subnetIds is a public subnet: put it into private subnets`,
      ),
      ...['processor-stream', 'processor-operations', 'alerts-publisher', 'archive-archiver'].map(
        (name) =>
          `private-subnets-only, tap-${name}-function: vpcConfig is a public subnet: put it into private subnets`,
      ),
    ],
  ],
  [
    'a rule for an address range and all ports',
    (resources) => {
      const rule = 'tap-network-processor-to-cache-ingress';
      set('SecurityGroupIngressRule', rule, 'properties.cidrIpv4', '0.0.0.0/0')(resources);
      set('SecurityGroupIngressRule', rule, 'properties.ipProtocol', '-1')(resources);
      set('SecurityGroupIngressRule', rule, 'properties.toPort', 65535)(resources);
    },
    [
      'rules-between-groups, tap-network-processor-to-cache-ingress: counterpart is 0.0.0.0/0: refer to a security group',
      'rules-between-groups, tap-network-processor-to-cache-ingress: ipProtocol is -1: set it to tcp',
      'rules-between-groups, tap-network-processor-to-cache-ingress: fromPort to toPort is [6379,65535]: open one port',
    ],
  ],
  [
    'a rule in the default group',
    set('DefaultSecurityGroup', 'tap-network-default', 'properties.egress', [{ protocol: '-1' }]),
    [
      'rules-between-groups, tap-network-default: egress is [{"protocol":"-1"}]: write every rule as a resource of its own',
    ],
  ],
  [
    'a topic for everybody',
    statement('Topic', 'tap-monitoring-alarms', 'EventsPublish', { Principal: '*' }),
    [
      'no-public-principals, tap-monitoring-alarms: EventsPublish: Principal is *: name who may, or bind it to an account by a condition',
    ],
  ],
  [
    'a role for everybody',
    statement('Role', 'tap-stream-producer', 0, { Principal: { AWS: '*' } }, 'assumeRolePolicy'),
    [
      'no-public-principals, tap-stream-producer: assumeRolePolicy: Principal is AWS *: name who may, or bind it to an account by a condition',
    ],
  ],
  [
    'a service that comes for any account',
    statement('Topic', 'tap-monitoring-alarms', 'AlarmsPublish', { Condition: undefined }),
    [
      'services-bound, tap-monitoring-alarms: AlarmsPublish: Principal is cloudwatch.amazonaws.com for any account: add aws:SourceAccount or aws:SourceArn',
    ],
  ],
  [
    'a permission to invoke without a source',
    (resources) => {
      set('Permission', 'tap-alerts-publish', 'properties.sourceArn', undefined)(resources);
      set('Permission', 'tap-alerts-publish', 'references', {})(resources);
    },
    ['services-bound, tap-alerts-publish: sourceArn is not set: name the rule that may invoke'],
  ],
];
