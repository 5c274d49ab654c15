import {
  DescribeInternetGatewaysCommand,
  DescribeNatGatewaysCommand,
  DescribeRouteTablesCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { client, isDeployed, ON_AWS, output, testOnAws, testWhere } from './stack';

const ec2 = new EC2Client(client);

/** Where a subnet's traffic to the internet goes. */
async function defaultRouteOf(subnetId: string) {
  const Filters = [{ Name: 'association.subnet-id', Values: [subnetId] }];
  const { RouteTables = [] } = await ec2.send(new DescribeRouteTablesCommand({ Filters }));
  expect(RouteTables).toHaveLength(1);
  return RouteTables[0]?.Routes?.find(({ DestinationCidrBlock }) => DestinationCidrBlock === '0.0.0.0/0');
}

testOnAws(
  'private subnets reach the internet through NAT gateways, or not at all',
  'the emulator has no VPC of ours',
  async () => {
    const routes = await Promise.all(output('privateSubnetIds').split(',').map(defaultRouteOf));
    const through = routes.map((route) => ({ internet: route?.GatewayId, nat: route?.NatGatewayId?.slice(0, 4) }));
    const nat = isDeployed('natAddresses') ? 'nat-' : undefined;
    expect(through).toEqual(routes.map(() => ({ internet: undefined, nat })));
  },
);

testWhere(
  ON_AWS && isDeployed('publicSubnetIds'),
  'public subnets lead to the gateway of the VPC',
  'there are none',
  async () => {
    const InternetGatewayIds = [output('internetGatewayId')];
    const { InternetGateways = [] } = await ec2.send(new DescribeInternetGatewaysCommand({ InternetGatewayIds }));
    expect(InternetGateways[0]?.Attachments).toMatchObject([{ VpcId: output('vpcId') }]);
    for (const subnetId of output('publicSubnetIds').split(',')) {
      expect((await defaultRouteOf(subnetId))?.GatewayId).toBe(output('internetGatewayId'));
    }
  },
);

testWhere(
  ON_AWS && isDeployed('natAddresses'),
  'NAT gateways have the addresses of the outputs',
  'there are none',
  async () => {
    const Filter = [
      { Name: 'vpc-id', Values: [output('vpcId')] },
      { Name: 'state', Values: ['available'] },
    ];
    const { NatGateways = [] } = await ec2.send(new DescribeNatGatewaysCommand({ Filter }));
    const addresses = NatGateways.flatMap(({ NatGatewayAddresses = [] }) =>
      NatGatewayAddresses.map(({ PublicIp }) => PublicIp),
    );
    expect(addresses.sort()).toEqual(output('natAddresses').split(',').sort());
  },
);
