import { FLOWS, PORTS } from '../../../lib/flows';
import { chooseZones, subnetRange } from '../../../lib/network';
import { policyOf, type Recording, SECRET_ARN } from '../../helpers/pulumi';
import { evaluateStack } from '../../helpers/stack';

const INGRESS = 'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule';
const EGRESS = 'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule';
const ENDPOINT = 'aws:ec2/vpcEndpoint:VpcEndpoint';

describe('Network', () => {
  let stack: Recording;
  beforeAll(async () => {
    stack = await evaluateStack({ config: { ephemeral: 'true' } });
  });

  it('is one VPC with names inside it', () => {
    expect(stack.find('aws:ec2/vpc:Vpc').inputs).toEqual({
      cidrBlock: '10.0.0.0/16',
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags: { Name: 'ec2-main-dev' },
    });
  });

  it('has a private subnet in each of three zones that the account is offered', () => {
    expect(stack.ofType('aws:ec2/subnet:Subnet').map(({ inputs }) => inputs)).toEqual(
      ['a', 'c', 'd'].map((zone, index) => ({
        vpcId: 'tap-network-vpc-id',
        cidrBlock: `10.0.${index * 16}.0/20`,
        availabilityZone: `ap-northeast-1${zone}`,
        tags: { Name: `ec2-private-dev-${index + 1}` },
      })),
    );
    expect(stack.calls.find(({ token }) => token.endsWith(':getAvailabilityZones'))?.inputs).toEqual({
      state: 'available',
      filters: [{ name: 'opt-in-status', values: ['opt-in-not-required'] }],
      excludeZoneIds: ['apne1-az3'],
    });
  });

  it('takes the named zones instead, without asking', async () => {
    const named = await evaluateStack({
      config: {
        zoneCount: '2',
        availabilityZones: '["ap-northeast-1d","ap-northeast-1a"]',
        networkRange: '192.168.4.0/24',
      },
    });
    expect(
      named.ofType('aws:ec2/subnet:Subnet').map(({ inputs }) => [inputs.availabilityZone, inputs.cidrBlock]),
    ).toEqual([
      ['ap-northeast-1d', '192.168.4.0/28'],
      ['ap-northeast-1a', '192.168.4.16/28'],
    ]);
    expect(named.calls.filter(({ token }) => token.endsWith(':getAvailabilityZones'))).toEqual([]);
  });

  it('leads nowhere else: no gateway, no address, no route but those of the endpoint', () => {
    const types = new Set(stack.resources.map(({ type }) => type));
    for (const type of ['internetGateway:InternetGateway', 'natGateway:NatGateway', 'eip:Eip', 'route:Route']) {
      expect(types).not.toContain(`aws:ec2/${type}`);
    }
    expect(stack.find('aws:ec2/routeTable:RouteTable').inputs).toEqual({ vpcId: 'tap-network-vpc-id' });
    expect(stack.ofType('aws:ec2/routeTableAssociation:RouteTableAssociation').map(({ inputs }) => inputs)).toEqual(
      [1, 2, 3].map((zone) => ({
        subnetId: `tap-network-private-${zone}-id`,
        routeTableId: 'tap-network-private-id',
      })),
    );
  });

  it('empties the default security group', () => {
    expect(stack.find('aws:ec2/defaultSecurityGroup:DefaultSecurityGroup').inputs).toEqual({
      vpcId: 'tap-network-vpc-id',
      ingress: [],
      egress: [],
    });
  });

  it('gives each member a group without inline rules, and time for network interfaces to go', () => {
    const groups = stack.ofType('aws:ec2/securityGroup:SecurityGroup');
    expect(groups.map(({ inputs }) => inputs)).toEqual(
      ['processor', 'operations', 'publisher', 'archiver', 'cache', 'database', 'endpoints'].map((member) => ({
        name: `ec2-${member}-dev`,
        description: `Members of ${member}`,
        vpcId: 'tap-network-vpc-id',
        tags: { Name: `ec2-${member}-dev` },
      })),
    );
    const slow = [...groups, ...stack.ofType('aws:ec2/subnet:Subnet')];
    expect(slow.map(({ deleteTimeout }) => deleteTimeout)).toEqual(slow.map(() => '50m'));
  });

  it('permits eight flows, each from group to group, each as one rule at either end', () => {
    expect(FLOWS.map(({ from, to, port }) => `${from} > ${to} ${PORTS[port]}`)).toEqual([
      'processor > cache 6379',
      'processor > database 5432',
      'operations > cache 6379',
      'operations > database 5432',
      'operations > endpoints 443',
      'publisher > database 5432',
      'publisher > endpoints 443',
      'archiver > database 5432',
    ]);
    const rules = (type: string) =>
      Object.fromEntries(stack.ofType(type).map(({ name, inputs }) => [name.replace('tap-network-', ''), inputs]));
    const expected = (end: string, [owner, other]: ['from' | 'to', 'from' | 'to']) =>
      Object.fromEntries(
        FLOWS.map((flow) => [
          `${flow.from}-to-${flow.to}-${end}`,
          {
            ipProtocol: 'tcp',
            fromPort: PORTS[flow.port],
            toPort: PORTS[flow.port],
            securityGroupId: `tap-network-${flow[owner]}-id`,
            referencedSecurityGroupId: `tap-network-${flow[other]}-id`,
            description: `${flow.port} ${owner} ${flow[owner]} ${other} ${flow[other]}`,
          },
        ]),
      );
    expect(rules(EGRESS)).toEqual(expected('egress', ['from', 'to']));
    expect(rules(INGRESS)).toEqual(expected('ingress', ['to', 'from']));
  });

  it('reaches S3 through a gateway that leads to buckets of the account only', () => {
    const endpoint = stack.find(ENDPOINT, 'tap-network-s3');
    expect(endpoint.inputs).toMatchObject({
      vpcEndpointType: 'Gateway',
      serviceName: 'com.amazonaws.ap-northeast-1.s3',
      routeTableIds: ['tap-network-private-id'],
    });
    expect(policyOf(endpoint).Statement).toEqual([
      {
        Sid: 'OwnBucketsOnly',
        Effect: 'Allow',
        Principal: '*',
        Action: ['s3:GetObject', 's3:ListBucket', 's3:PutObject'],
        Resource: '*',
        Condition: {
          StringEquals: { 'aws:PrincipalAccount': '123456789012', 'aws:ResourceAccount': '123456789012' },
        },
      },
    ]);
  });

  it('reaches Secrets Manager through an endpoint that gives out one secret only', () => {
    const endpoint = stack.find(ENDPOINT, 'tap-network-secretsmanager');
    expect(endpoint.inputs).toMatchObject({
      vpcEndpointType: 'Interface',
      serviceName: 'com.amazonaws.ap-northeast-1.secretsmanager',
      privateDnsEnabled: true,
      subnetIds: [1, 2, 3].map((zone) => `tap-network-private-${zone}-id`),
      securityGroupIds: ['tap-network-endpoints-id'],
    });
    expect(policyOf(endpoint).Statement).toEqual([
      {
        Sid: 'DatabaseCredentialsOnly',
        Effect: 'Allow',
        Principal: '*',
        Action: 'secretsmanager:GetSecretValue',
        Resource: SECRET_ARN,
        Condition: { StringEquals: { 'aws:PrincipalAccount': '123456789012' } },
      },
    ]);
  });

  it('logs every flow, through a role that cannot make the log group anew', () => {
    expect(stack.find('aws:ec2/flowLog:FlowLog').inputs).toEqual({
      vpcId: 'tap-network-vpc-id',
      trafficType: 'ALL',
      logDestinationType: 'cloud-watch-logs',
      logDestination: 'arn:aws:logs:ap-northeast-1:123456789012:log-group:/aws/vpc/ec2-main-dev/flow-logs',
      iamRoleArn: 'arn:aws:iam::123456789012:role/iam-flow-logs-dev',
    });
    expect(policyOf(stack.find('aws:iam/rolePolicy:RolePolicy', 'tap-network-flow-logs')).Statement).toEqual([
      {
        Sid: 'WriteLogs',
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:DescribeLogGroups', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
        Resource: 'arn:aws:logs:ap-northeast-1:123456789012:log-group:/aws/vpc/ec2-main-dev/flow-logs:*',
      },
    ]);
    expect(policyOf(stack.find('aws:iam/role:Role', 'tap-network-flow-logs'), 'assumeRolePolicy').Statement).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'vpc-flow-logs.amazonaws.com' },
        Action: 'sts:AssumeRole',
        Condition: {
          StringEquals: { 'aws:SourceAccount': '123456789012' },
          ArnLike: { 'aws:SourceArn': 'arn:aws:ec2:ap-northeast-1:123456789012:vpc-flow-log/*' },
        },
      },
    ]);
  });
});

describe('chooseZones', () => {
  it('takes the first ones', () => {
    expect(chooseZones(['a', 'c', 'd'], 2, 'ap-northeast-1')).toEqual(['a', 'c']);
  });

  it('says what to do where the account has too few', () => {
    expect(() => chooseZones(['ap-northeast-1a', 'ap-northeast-1c'], 3, 'ap-northeast-1')).toThrow(
      'ap-northeast-1 offers this account 2 zones (ap-northeast-1a, ap-northeast-1c) and zoneCount is 3: lower zoneCount or name zones in availabilityZones',
    );
  });
});

describe('subnetRange', () => {
  it('is a sixteenth of the VPC, with the public ones in its second half', () => {
    expect(subnetRange('10.0.0.0/24', 'private', 5)).toBe('10.0.0.80/28');
    expect(subnetRange('10.0.0.0/24', 'public', 5)).toBe('10.0.0.208/28');
  });

  it('refuses what is no range', () => {
    expect(() => subnetRange('ten', 'private', 0)).toThrow(new RangeError('ten is not an IPv4 range'));
  });
});
