import type { RecordedResource, Recording } from '../../helpers/pulumi';
import { evaluateStack } from '../../helpers/stack';

const EGRESS = 'aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule';
const NAT = 'aws:ec2/natGateway:NatGateway';
const EIP = 'aws:ec2/eip:Eip';
const ROUTE = 'aws:ec2/route:Route';
const ASSOCIATION = 'aws:ec2/routeTableAssociation:RouteTableAssociation';
const GATEWAY = 'aws:ec2/internetGateway:InternetGateway';

const evaluate = (config: Record<string, string>) =>
  evaluateStack({ config: { ephemeral: 'true', zoneCount: '2', publicSubnets: 'true', ...config } });

const inputsOf = (stack: Recording, type: string) =>
  Object.fromEntries(stack.ofType(type).map(({ name, inputs }) => [name.replace('tap-network-', ''), inputs]));

/** What goes only after this: the engine deletes in the reverse order of dependencies. */
const waitsFor = (stack: Recording, resource: RecordedResource) =>
  [...stack.closure(resource)].filter((name) => /^aws:ec2\/(eip|internetGateway|natGateway|route):/.test(name)).sort();

describe('public subnets alone', () => {
  let stack: Recording;
  beforeAll(async () => {
    stack = await evaluate({});
  });

  it('lie in the second half of the VPC, one a zone, and give no address by themselves', () => {
    expect(inputsOf(stack, 'aws:ec2/subnet:Subnet')).toMatchObject({
      'public-1': {
        vpcId: 'tap-network-vpc-id',
        cidrBlock: '10.0.128.0/20',
        availabilityZone: 'ap-northeast-1a',
        mapPublicIpOnLaunch: false,
        tags: { Name: 'ec2-public-dev-1' },
      },
      'public-2': { cidrBlock: '10.0.144.0/20', availabilityZone: 'ap-northeast-1c' },
    });
    expect(inputsOf(stack, ASSOCIATION)).toEqual({
      'private-1': { subnetId: 'tap-network-private-1-id', routeTableId: 'tap-network-private-id' },
      'private-2': { subnetId: 'tap-network-private-2-id', routeTableId: 'tap-network-private-id' },
      'public-1': { subnetId: 'tap-network-public-1-id', routeTableId: 'tap-network-public-routes-id' },
      'public-2': { subnetId: 'tap-network-public-2-id', routeTableId: 'tap-network-public-routes-id' },
    });
  });

  it('have the only route to the internet', () => {
    expect(stack.find(GATEWAY).inputs).toEqual({
      vpcId: 'tap-network-vpc-id',
      tags: { Name: 'ec2-internet-dev' },
    });
    expect(inputsOf(stack, ROUTE)).toEqual({
      'public-internet': {
        routeTableId: 'tap-network-public-routes-id',
        destinationCidrBlock: '0.0.0.0/0',
        gatewayId: 'tap-network-public-gateway-id',
      },
    });
    expect([stack.ofType(NAT), stack.ofType(EIP)]).toEqual([[], []]);
  });

  it('are none of those that functions and stores lie in', () => {
    const used = stack.resources
      .flatMap(({ inputs }) => inputs.subnetIds ?? inputs.vpcConfig?.subnetIds ?? [])
      .filter((id: string) => id.includes('public'));
    expect(used).toEqual([]);
  });
});

describe('one NAT gateway', () => {
  let stack: Recording;
  beforeAll(async () => {
    stack = await evaluate({ natGateways: 'one' });
  });

  it('lies in the first zone, and all private subnets go through it', () => {
    expect(inputsOf(stack, NAT)).toEqual({
      'public-nat-1': {
        allocationId: 'tap-network-public-nat-1-id',
        subnetId: 'tap-network-public-1-id',
        tags: { Name: 'ec2-nat-dev-1' },
      },
    });
    expect(stack.find(EIP).inputs).toEqual({ domain: 'vpc', tags: { Name: 'ec2-nat-dev-1' } });
    expect(inputsOf(stack, ROUTE)['egress-1']).toEqual({
      routeTableId: 'tap-network-private-id',
      destinationCidrBlock: '0.0.0.0/0',
      natGatewayId: 'tap-network-public-nat-1-id',
    });
    expect(Object.keys(inputsOf(stack, 'aws:ec2/routeTable:RouteTable'))).toEqual(['private', 'public-routes']);
  });

  it('goes before its address and its replacement, and both before the internet gateway', () => {
    const nat = stack.find(NAT);
    expect(nat.deleteBeforeReplace).toBe(true);
    expect(waitsFor(stack, nat)).toEqual([
      `${EIP} tap-network-public-nat-1`,
      `${GATEWAY} tap-network-public-gateway`,
      `${ROUTE} tap-network-public-internet`,
    ]);
    expect(waitsFor(stack, stack.find(EIP))).toEqual([`${GATEWAY} tap-network-public-gateway`]);
    expect(waitsFor(stack, stack.find(ROUTE, 'tap-network-egress-1'))).toContain(`${NAT} tap-network-public-nat-1`);
  });

  it('lets out nobody by itself', () => {
    expect(stack.ofType(EGRESS).filter(({ inputs }) => inputs.cidrIpv4 !== undefined)).toEqual([]);
  });

  it('is told by its address', async () => {
    const outputs = (await evaluate({ natGateways: 'one' })).stackOutputs;
    expect(Object.keys(outputs)).toEqual(
      expect.arrayContaining(['publicSubnetIds', 'internetGatewayId', 'natAddresses']),
    );
    expect(Object.keys((await evaluate({})).stackOutputs)).not.toContain('natAddresses');
  });
});

describe('a NAT gateway per zone', () => {
  let stack: Recording;
  beforeAll(async () => {
    stack = await evaluate({ natGateways: 'perZone', egressFunctions: '["publisher","publisher"]' });
  });

  it('has each zone go through its own, and S3 stays beside them', () => {
    expect(inputsOf(stack, NAT)).toMatchObject({
      'public-nat-1': { subnetId: 'tap-network-public-1-id', allocationId: 'tap-network-public-nat-1-id' },
      'public-nat-2': { subnetId: 'tap-network-public-2-id', allocationId: 'tap-network-public-nat-2-id' },
    });
    expect(inputsOf(stack, ROUTE)).toMatchObject({
      'egress-1': { routeTableId: 'tap-network-private-1-id', natGatewayId: 'tap-network-public-nat-1-id' },
      'egress-2': { routeTableId: 'tap-network-private-2-id', natGatewayId: 'tap-network-public-nat-2-id' },
    });
    expect(inputsOf(stack, ASSOCIATION)).toMatchObject({
      'private-1': { routeTableId: 'tap-network-private-1-id' },
      'private-2': { routeTableId: 'tap-network-private-2-id' },
    });
    expect(stack.find('aws:ec2/vpcEndpoint:VpcEndpoint', 'tap-network-s3').inputs.routeTableIds).toEqual([
      'tap-network-private-1-id',
      'tap-network-private-2-id',
    ]);
  });

  it('lets out the functions that are named, over HTTPS', () => {
    expect(stack.ofType(EGRESS).filter(({ inputs }) => inputs.cidrIpv4 !== undefined)).toMatchObject([
      {
        name: 'tap-network-publisher-to-internet-egress',
        inputs: {
          ipProtocol: 'tcp',
          fromPort: 443,
          toPort: 443,
          securityGroupId: 'tap-network-publisher-id',
          cidrIpv4: '0.0.0.0/0',
          description: 'https from publisher to the internet',
        },
      },
    ]);
  });

  it('is there before a function runs', () => {
    const waits = stack.closure(stack.find('aws:lambda/function:Function', 'tap-alerts-publisher-function'));
    expect(waits).toContain(`${ROUTE} tap-network-egress-2`);
  });
});
