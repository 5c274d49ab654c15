import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { formatRange, parseRange, part } from './cidr';
import { createInterfaceEndpoint, createS3Endpoint } from './endpoints';
import { createFlowLog } from './flow-log';
import { FLOWS, type FunctionMember, MEMBERS, type Member, PORTS } from './flows';
import type { LogSettings } from './log-group';
import type { NameKey, Names } from './naming';
import { ANYWHERE, PublicSubnets } from './public-subnets';

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
  /** Whether each zone has a public subnet too. */
  publicSubnets: boolean;
  /** NAT gateways in the public subnets: none, one for all zones, or one in each. */
  natGateways: 'none' | 'one' | 'perZone';
  /** Functions that may go through them. */
  egressFunctions: FunctionMember[];
  /** The one secret that the VPC may read. */
  dbSecretArn: pulumi.Input<string>;
  logs: LogSettings;
}

/** Zones that refuse new subnets: the oldest of Tokyo, under whatever letter an account knows it. */
const CLOSED_ZONE_IDS = ['apne1-az3'];

/** Lambda may keep the network interfaces of a deleted function for up to 45 minutes, and with them group and subnet. */
const SLOW_DELETE = { customTimeouts: { delete: '50m' } };

/** A subnet takes a sixteenth of the VPC: private ones are the first of them, public ones begin at the ninth. */
const SUBNET_BITS = 4;
const FIRST_SUBNET = { private: 0, public: 8 };

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
 * A VPC of private subnets in distinct zones, with endpoints for Secrets Manager and S3 and security groups that refer to each
 * other. It has no way to the internet unless it is asked for, and then security groups let only who is named use it.
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
  /** Where they were asked for. */
  public readonly publicSubnets?: PublicSubnets;

  constructor(
    private readonly name: string,
    private readonly args: NetworkArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super('tap:network:Network', name, {}, opts);

    const vpc = this.createVpc();
    this.vpcId = vpc.id;
    this.defaultSecurityGroupId = this.emptyDefaultSecurityGroup(vpc);
    const zones = this.zones();
    const routeTables = this.createRouteTables(vpc);
    this.privateSubnetIds = this.createPrivateSubnets(vpc, zones, routeTables);
    this.endpointSubnetIds = this.privateSubnetIds.slice(0, args.endpointZoneCount);
    this.securityGroupIds = this.createSecurityGroups(vpc);
    this.createFlowRules();
    this.createEndpoints(vpc, routeTables);
    if (args.publicSubnets) this.publicSubnets = this.createPublicSubnets(vpc, zones, routeTables);
    this.createEgressRules();
    this.flowLogGroupName = createFlowLog(name, { ...args, vpcId: vpc.id }, this);

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

  /** One that all private subnets share, unless each has a NAT gateway of its own. */
  private createRouteTables(vpc: aws.ec2.Vpc): aws.ec2.RouteTable[] {
    const { natGateways, zoneCount } = this.args;
    const names =
      natGateways === 'perZone' ? Array.from({ length: zoneCount }, (_, index) => `private-${index + 1}`) : ['private'];
    return names.map((name) => new aws.ec2.RouteTable(`${this.name}-${name}`, { vpcId: vpc.id }, { parent: this }));
  }

  private createPrivateSubnets(
    vpc: aws.ec2.Vpc,
    zones: pulumi.Output<string[]>,
    routeTables: aws.ec2.RouteTable[],
  ): pulumi.Output<string>[] {
    const { names, range, zoneCount } = this.args;
    return Array.from({ length: zoneCount }, (_, index) => {
      const subnet = new aws.ec2.Subnet(
        `${this.name}-private-${index + 1}`,
        {
          vpcId: vpc.id,
          cidrBlock: subnetRange(range, 'private', index),
          availabilityZone: zones.apply((chosen) => chosen[index] as string),
          tags: { Name: `${names.of('privateSubnet')}-${index + 1}` },
        },
        { parent: this, ...SLOW_DELETE },
      );
      new aws.ec2.RouteTableAssociation(
        `${this.name}-private-${index + 1}`,
        { subnetId: subnet.id, routeTableId: (routeTables[index] ?? (routeTables[0] as aws.ec2.RouteTable)).id },
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

  private createPublicSubnets(
    vpc: aws.ec2.Vpc,
    zones: pulumi.Output<string[]>,
    routeTables: aws.ec2.RouteTable[],
  ): PublicSubnets {
    const { names, range, zoneCount, natGateways } = this.args;
    const ranges = Array.from({ length: zoneCount }, (_, index) => subnetRange(range, 'public', index));
    const natCount = { none: 0, one: 1, perZone: zoneCount }[natGateways];
    const publicSubnets = new PublicSubnets(
      `${this.name}-public`,
      { names, vpcId: vpc.id, zones, ranges, natCount },
      { parent: this },
    );
    for (const [index, nat] of publicSubnets.natGateways.entries()) {
      new aws.ec2.Route(
        `${this.name}-egress-${index + 1}`,
        {
          routeTableId: (routeTables[index] as aws.ec2.RouteTable).id,
          destinationCidrBlock: ANYWHERE,
          natGatewayId: nat.id,
        },
        { parent: this },
      );
    }
    return publicSubnets;
  }

  /** A route alone lets nobody out: only these functions' groups have a rule that does. */
  private createEgressRules(): void {
    for (const member of this.args.egressFunctions) {
      new aws.vpc.SecurityGroupEgressRule(
        `${this.name}-${member}-to-internet-egress`,
        {
          ipProtocol: 'tcp',
          fromPort: PORTS.https,
          toPort: PORTS.https,
          securityGroupId: this.securityGroupIds[member],
          cidrIpv4: ANYWHERE,
          description: `https from ${member} to the internet`,
        },
        { parent: this },
      );
    }
  }

  private createEndpoints(vpc: aws.ec2.Vpc, routeTables: aws.ec2.RouteTable[]): void {
    const { region, accountId, dbSecretArn } = this.args;
    createS3Endpoint(
      `${this.name}-s3`,
      { region, accountId, vpcId: vpc.id, routeTableIds: routeTables.map(({ id }) => id) },
      this,
    );
    createInterfaceEndpoint(
      `${this.name}-secretsmanager`,
      {
        region,
        accountId,
        network: this,
        service: 'secretsmanager',
        permits: {
          Sid: 'DatabaseCredentialsOnly',
          Action: 'secretsmanager:GetSecretValue',
          Resource: dbSecretArn,
        },
      },
      this,
    );
  }
}

/**
 * The range of the `index`-th subnet of a tier.
 *
 * @throws RangeError when the VPC's range is malformed or has no such part.
 */
export function subnetRange(vpcRange: string, tier: 'private' | 'public', index: number): string {
  const range = parseRange(vpcRange);
  if (!range) throw new RangeError(`${vpcRange} is not an IPv4 range`);
  return formatRange(part(range, SUBNET_BITS, FIRST_SUBNET[tier] + index));
}
