import * as aws from '@pulumi/aws';
import type * as pulumi from '@pulumi/pulumi';
import type { Network } from './network';
import { policyDocument, type Statement } from './policies';

export interface InterfaceEndpointArgs {
  region: string;
  accountId: pulumi.Input<string>;
  network: Network;
  /** The AWS service, as its endpoint's name ends: `secretsmanager`. */
  service: string;
  /** All that principals of the account may ask of the service through the endpoint. */
  permits: Pick<Statement, 'Sid' | 'Action' | 'Resource'>;
  /** Who reaches it. @default what may talk to the network's endpoints */
  securityGroupId?: pulumi.Input<string>;
}

/**
 * A way from the private subnets to one AWS service. A part of the stack that calls a service makes the endpoint for it, so there
 * are those of the parts that are on.
 */
export function createInterfaceEndpoint(
  name: string,
  args: InterfaceEndpointArgs,
  parent: pulumi.Resource,
): aws.ec2.VpcEndpoint {
  const { region, accountId, network, service, permits, securityGroupId } = args;
  return new aws.ec2.VpcEndpoint(
    name,
    {
      vpcId: network.vpcId,
      vpcEndpointType: 'Interface',
      serviceName: `com.amazonaws.${region}.${service}`,
      privateDnsEnabled: true,
      subnetIds: network.endpointSubnetIds,
      securityGroupIds: [securityGroupId ?? network.securityGroupIds.endpoints],
      policy: policyDocument([
        {
          ...permits,
          Effect: 'Allow',
          Principal: '*',
          Condition: { StringEquals: { 'aws:PrincipalAccount': accountId } },
        },
      ]),
    },
    { parent },
  );
}

export interface S3EndpointArgs {
  region: string;
  accountId: pulumi.Input<string>;
  vpcId: pulumi.Input<string>;
  /** Those of the private subnets. */
  routeTableIds: pulumi.Input<string>[];
}

/** The way to S3, which costs nothing and leads to buckets of the account alone. */
export function createS3Endpoint(
  name: string,
  { region, accountId, vpcId, routeTableIds }: S3EndpointArgs,
  parent: pulumi.Resource,
): void {
  new aws.ec2.VpcEndpoint(
    name,
    {
      vpcId,
      vpcEndpointType: 'Gateway',
      serviceName: `com.amazonaws.${region}.s3`,
      routeTableIds,
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
    { parent },
  );
}
