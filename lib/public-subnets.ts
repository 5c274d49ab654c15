import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Names } from './naming';

export interface PublicSubnetsArgs {
  names: Names;
  vpcId: pulumi.Input<string>;
  /** At least as many zones as there are ranges. */
  zones: pulumi.Output<string[]>;
  /** Range of each subnet. */
  ranges: string[];
  /** How many of the subnets, from the first on, hold a NAT gateway. */
  natCount: number;
}

export const ANYWHERE = '0.0.0.0/0';

/**
 * A public subnet in each zone and an internet gateway, for workloads beside the stack, and NAT gateways for who lies in the private
 * ones. An address belongs to one gateway at a time, so a NAT gateway goes before the one that replaces it; and none can be
 * released before it is gone, nor the internet gateway before them all.
 */
export class PublicSubnets extends pulumi.ComponentResource {
  public readonly subnetIds: pulumi.Output<string>[];
  public readonly internetGatewayId: pulumi.Output<string>;
  public readonly natGateways: aws.ec2.NatGateway[];
  /** The public addresses that egress comes from, one a NAT gateway. */
  public readonly addresses: pulumi.Output<string>[];

  constructor(
    private readonly name: string,
    private readonly args: PublicSubnetsArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super('tap:network:PublicSubnets', name, {}, opts);

    const gateway = this.createInternetGateway();
    this.internetGatewayId = gateway.id;
    const { routeTable, route } = this.createRouteTable(gateway);
    const subnets = this.createSubnets(routeTable);
    this.subnetIds = subnets.map(({ id }) => id);
    const nats = subnets.slice(0, args.natCount).map(({ id }, index) => this.createNat(index, id, gateway, route));
    this.natGateways = nats.map(({ nat }) => nat);
    this.addresses = nats.map(({ address }) => address.publicIp);

    this.registerOutputs({ subnetIds: this.subnetIds, internetGatewayId: this.internetGatewayId });
  }

  private createInternetGateway(): aws.ec2.InternetGateway {
    const { names, vpcId } = this.args;
    return new aws.ec2.InternetGateway(
      `${this.name}-gateway`,
      { vpcId, tags: { Name: names.of('internetGateway') } },
      { parent: this },
    );
  }

  private createRouteTable(gateway: aws.ec2.InternetGateway) {
    const { vpcId } = this.args;
    const routeTable = new aws.ec2.RouteTable(`${this.name}-routes`, { vpcId }, { parent: this });
    const route = new aws.ec2.Route(
      `${this.name}-internet`,
      { routeTableId: routeTable.id, destinationCidrBlock: ANYWHERE, gatewayId: gateway.id },
      { parent: this },
    );
    return { routeTable, route };
  }

  /** Nothing gets a public address by being put there; a workload has to ask for one. */
  private createSubnets(routeTable: aws.ec2.RouteTable): aws.ec2.Subnet[] {
    const { names, vpcId, zones, ranges } = this.args;
    return ranges.map((cidrBlock, index) => {
      const name = `${this.name}-${index + 1}`;
      const subnet = new aws.ec2.Subnet(
        name,
        {
          vpcId,
          cidrBlock,
          availabilityZone: zones.apply((chosen) => chosen[index] as string),
          mapPublicIpOnLaunch: false,
          tags: { Name: `${names.of('publicSubnet')}-${index + 1}` },
        },
        { parent: this },
      );
      new aws.ec2.RouteTableAssociation(name, { subnetId: subnet.id, routeTableId: routeTable.id }, { parent: this });
      return subnet;
    });
  }

  private createNat(
    index: number,
    subnetId: pulumi.Output<string>,
    gateway: aws.ec2.InternetGateway,
    route: aws.ec2.Route,
  ) {
    const name = `${this.name}-nat-${index + 1}`;
    const tags = { Name: `${this.args.names.of('natGateway')}-${index + 1}` };
    const address = new aws.ec2.Eip(name, { domain: 'vpc', tags }, { parent: this, dependsOn: [gateway] });
    const nat = new aws.ec2.NatGateway(
      name,
      { allocationId: address.id, subnetId, tags },
      { parent: this, dependsOn: [gateway, route], deleteBeforeReplace: true },
    );
    return { address, nat };
  }
}
