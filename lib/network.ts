import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { formatRange, parseRange, part } from './cidr';
import { FLOWS, MEMBERS, type Member, PORTS } from './flows';
import { createLogGroup, type LogSettings } from './log-group';
import type { NameKey, Names } from './naming';
import { policyDocument, trustService } from './policies';

export interface NetworkArgs {
  names: Names;
  region: string;
  accountId: pulumi.Input<string>;
  /** Private IPv4 range of the VPC, /16 to /24. */
  range: string;
  /** Number of zones with a private subnet, 2 to 6. */
  zoneCount: number;
  /** Number of zones with an interface endpoint, 1 to `zoneCount`. */
  endpointZoneCount: number;
  /** Names of the zones; empty for the first ones available to the account. */
  availabilityZones: string[];
  /** The one secret that the VPC may read. */
  dbSecretArn: pulumi.Input<string>;
  logs: LogSettings;
}

/** Zones that refuse new subnets: the oldest of Tokyo, under whatever letter an account knows it. */
const CLOSED_ZONE_IDS = ['apne1-az3'];

/** Lambda may keep the network interfaces of a deleted function for up to 45 minutes, and with them group and subnet. */
const SLOW_DELETE = { customTimeouts: { delete: '50m' } };

/** A subnet takes a sixteenth of the VPC, which leaves room for other tiers beside the private one. */
const SUBNET_BITS = 4;

/**
 * The zones to use.
 *
 * @throws Error when the account has fewer than the stack needs.
 */
export function chooseZones(available: string[], count: number, region: string): string[] {
  if (available.length < count) {
    throw new Error(
      `${region} offers this account ${available.length} zones (${available.join(', ')}) and zoneCount is ${count}: lower zoneCount or name zones in availabilityZones`,
    );
  }
  return available.slice(0, count);
}

/**
 * A VPC without a way to the internet: private subnets in distinct zones, endpoints for Secrets Manager and S3, and
 * security groups that refer to each other.
 */
export class Network extends pulumi.ComponentResource {
  public readonly vpcId: pulumi.Output<string>;
  /** One private subnet a zone. */
  public readonly privateSubnetIds: pulumi.Output<string>[];
  /** Those of them that hold the interface endpoints. */
  public readonly endpointSubnetIds: pulumi.Output<string>[];
  /** The security group of each member of the network. */
  public readonly securityGroupIds: Record<Member, pulumi.Output<string>>;
  /** The VPC's default group, which has no rules: a function's network interfaces move there before destroy. */
  public readonly defaultSecurityGroupId: pulumi.Output<string>;
  public readonly flowLogGroupName: pulumi.Output<string>;

  constructor(
    private readonly name: string,
    private readonly args: NetworkArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super('tap:network:Network', name, {}, opts);

    const vpc = this.createVpc();
    this.vpcId = vpc.id;
    this.defaultSecurityGroupId = this.emptyDefaultSecurityGroup(vpc);
    const routeTable = new aws.ec2.RouteTable(`${name}-private`, { vpcId: vpc.id }, { parent: this });
    this.privateSubnetIds = this.createPrivateSubnets(vpc, routeTable);
    this.endpointSubnetIds = this.privateSubnetIds.slice(0, args.endpointZoneCount);
    this.securityGroupIds = this.createSecurityGroups(vpc);
    this.createFlowRules();
    this.createEndpoints(vpc, routeTable);
    this.flowLogGroupName = this.createFlowLog(vpc);

    this.registerOutputs({ vpcId: this.vpcId, privateSubnetIds: this.privateSubnetIds });
  }

  private createVpc(): aws.ec2.Vpc {
    return new aws.ec2.Vpc(
      `${this.name}-vpc`,
      {
        cidrBlock: this.args.range,
        enableDnsSupport: true,
        enableDnsHostnames: true,
        tags: { Name: this.args.names.of('vpc') },
      },
      { parent: this },
    );
  }

  private emptyDefaultSecurityGroup(vpc: aws.ec2.Vpc): pulumi.Output<string> {
    return new aws.ec2.DefaultSecurityGroup(
      `${this.name}-default`,
      { vpcId: vpc.id, ingress: [], egress: [] },
      { parent: this },
    ).id;
  }

  private createPrivateSubnets(vpc: aws.ec2.Vpc, routeTable: aws.ec2.RouteTable): pulumi.Output<string>[] {
    const { names, range, zoneCount } = this.args;
    const zones = this.zones();
    return Array.from({ length: zoneCount }, (_, index) => {
      const subnet = new aws.ec2.Subnet(
        `${this.name}-private-${index + 1}`,
        {
          vpcId: vpc.id,
          cidrBlock: privateSubnetRange(range, index),
          availabilityZone: zones.apply((chosen) => chosen[index] as string),
          tags: { Name: `${names.of('privateSubnet')}-${index + 1}` },
        },
        { parent: this, ...SLOW_DELETE },
      );
      new aws.ec2.RouteTableAssociation(
        `${this.name}-private-${index + 1}`,
        { subnetId: subnet.id, routeTableId: routeTable.id },
        { parent: this },
      );
      return subnet.id;
    });
  }

  private zones(): pulumi.Output<string[]> {
    const { availabilityZones, zoneCount, region } = this.args;
    if (availabilityZones.length > 0) return pulumi.output(availabilityZones);
    const available = aws.getAvailabilityZonesOutput(
      {
        state: 'available',
        filters: [{ name: 'opt-in-status', values: ['opt-in-not-required'] }],
        excludeZoneIds: CLOSED_ZONE_IDS,
      },
      { parent: this },
    );
    return available.names.apply((names) => chooseZones(names, zoneCount, region));
  }

  private createSecurityGroups(vpc: aws.ec2.Vpc): Record<Member, pulumi.Output<string>> {
    const groups = MEMBERS.map((member) => {
      const name = this.args.names.of(`${member}SecurityGroup` satisfies NameKey);
      const group = new aws.ec2.SecurityGroup(
        `${this.name}-${member}`,
        { name, description: `Members of ${member}`, vpcId: vpc.id, tags: { Name: name } },
        { parent: this, ...SLOW_DELETE },
      );
      return [member, group.id] as const;
    });
    return Object.fromEntries(groups) as Record<Member, pulumi.Output<string>>;
  }

  private createFlowRules(): void {
    for (const { from, to, port } of FLOWS) {
      const rule = { ipProtocol: 'tcp', fromPort: PORTS[port], toPort: PORTS[port] };
      const flow = `${from}-to-${to}`;
      new aws.vpc.SecurityGroupEgressRule(
        `${this.name}-${flow}-egress`,
        {
          ...rule,
          securityGroupId: this.securityGroupIds[from],
          referencedSecurityGroupId: this.securityGroupIds[to],
          description: `${port} from ${from} to ${to}`,
        },
        { parent: this },
      );
      new aws.vpc.SecurityGroupIngressRule(
        `${this.name}-${flow}-ingress`,
        {
          ...rule,
          securityGroupId: this.securityGroupIds[to],
          referencedSecurityGroupId: this.securityGroupIds[from],
          description: `${port} to ${to} from ${from}`,
        },
        { parent: this },
      );
    }
  }

  private createEndpoints(vpc: aws.ec2.Vpc, routeTable: aws.ec2.RouteTable): void {
    const { region, accountId, dbSecretArn } = this.args;
    new aws.ec2.VpcEndpoint(
      `${this.name}-s3`,
      {
        vpcId: vpc.id,
        vpcEndpointType: 'Gateway',
        serviceName: `com.amazonaws.${region}.s3`,
        routeTableIds: [routeTable.id],
        policy: policyDocument([
          {
            Sid: 'OwnBucketsOnly',
            Effect: 'Allow',
            Principal: '*',
            Action: ['s3:GetObject', 's3:ListBucket', 's3:PutObject'],
            Resource: '*',
            Condition: { StringEquals: { 'aws:PrincipalAccount': accountId, 'aws:ResourceAccount': accountId } },
          },
        ]),
      },
      { parent: this },
    );
    new aws.ec2.VpcEndpoint(
      `${this.name}-secretsmanager`,
      {
        vpcId: vpc.id,
        vpcEndpointType: 'Interface',
        serviceName: `com.amazonaws.${region}.secretsmanager`,
        privateDnsEnabled: true,
        subnetIds: this.endpointSubnetIds,
        securityGroupIds: [this.securityGroupIds.endpoints],
        policy: policyDocument([
          {
            Sid: 'DatabaseCredentialsOnly',
            Effect: 'Allow',
            Principal: '*',
            Action: 'secretsmanager:GetSecretValue',
            Resource: dbSecretArn,
            Condition: { StringEquals: { 'aws:PrincipalAccount': accountId } },
          },
        ]),
      },
      { parent: this },
    );
  }

  private createFlowLog(vpc: aws.ec2.Vpc): pulumi.Output<string> {
    const { names, region, accountId, logs } = this.args;
    const logGroup = createLogGroup(`${this.name}-flow-logs`, names.logGroups.flowLogs, 'audit', logs, this);
    const role = new aws.iam.Role(
      `${this.name}-flow-logs`,
      {
        name: names.of('flowLogsRole'),
        description: 'Writes the flow logs of the VPC',
        assumeRolePolicy: trustService('vpc-flow-logs.amazonaws.com', {
          StringEquals: { 'aws:SourceAccount': accountId },
          ArnLike: { 'aws:SourceArn': pulumi.interpolate`arn:aws:ec2:${region}:${accountId}:vpc-flow-log/*` },
        }),
      },
      { parent: this },
    );
    const policy = new aws.iam.RolePolicy(
      `${this.name}-flow-logs`,
      {
        name: 'access',
        role: role.name,
        policy: policyDocument([
          {
            Sid: 'WriteLogs',
            Effect: 'Allow',
            Action: ['logs:CreateLogStream', 'logs:DescribeLogGroups', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
            Resource: pulumi.interpolate`${logGroup.arn}:*`,
          },
        ]),
      },
      { parent: this },
    );
    new aws.ec2.FlowLog(
      `${this.name}-vpc`,
      {
        vpcId: vpc.id,
        trafficType: 'ALL',
        logDestinationType: 'cloud-watch-logs',
        logDestination: logGroup.arn,
        iamRoleArn: role.arn,
      },
      { parent: this, dependsOn: [policy] },
    );
    return logGroup.name;
  }
}

/**
 * The range of the `index`-th private subnet.
 *
 * @throws RangeError when the VPC's range is malformed or has no such part.
 */
export function privateSubnetRange(vpcRange: string, index: number): string {
  const range = parseRange(vpcRange);
  if (!range) throw new RangeError(`${vpcRange} is not an IPv4 range`);
  return formatRange(part(range, SUBNET_BITS, index));
}
