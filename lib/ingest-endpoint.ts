import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { createInterfaceEndpoint } from './endpoints';
import { PORTS } from './flows';
import type { Names } from './naming';
import type { Network } from './network';

export interface IngestEndpointArgs {
  names: Names;
  region: string;
  accountId: pulumi.Input<string>;
  network: Network;
  /** ARN of all that may be invoked through it. */
  invocations: pulumi.Input<string>;
}

/** The way to a private ingest from inside the VPC: an interface endpoint that only members of one security group reach. */
export class IngestEndpoint extends pulumi.ComponentResource {
  public readonly endpoint: aws.ec2.VpcEndpoint;
  /** What producers in the VPC are members of. */
  public readonly producersSecurityGroup: aws.ec2.SecurityGroup;

  constructor(
    private readonly name: string,
    private readonly args: IngestEndpointArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super('tap:ingest:IngestEndpoint', name, {}, opts);

    this.producersSecurityGroup = this.createGroup('producers', 'Producers that send over HTTPS');
    const endpointGroup = this.createGroup('endpoint', 'The endpoint of the ingest');
    this.createFlow(endpointGroup);
    this.endpoint = createInterfaceEndpoint(
      name,
      {
        ...args,
        service: 'execute-api',
        securityGroupId: endpointGroup.id,
        permits: { Sid: 'IngestOnly', Action: 'execute-api:Invoke', Resource: args.invocations },
      },
      this,
    );

    this.registerOutputs({ endpointId: this.endpoint.id });
  }

  private createGroup(purpose: 'producers' | 'endpoint', description: string): aws.ec2.SecurityGroup {
    const { names, network } = this.args;
    const name = names.of(purpose === 'producers' ? 'producersSecurityGroup' : 'ingestEndpointSecurityGroup');
    return new aws.ec2.SecurityGroup(
      `${this.name}-${purpose}`,
      { name, description, vpcId: network.vpcId, tags: { Name: name } },
      { parent: this },
    );
  }

  private createFlow(endpointGroup: aws.ec2.SecurityGroup): void {
    const rule = { ipProtocol: 'tcp', fromPort: PORTS.https, toPort: PORTS.https };
    new aws.vpc.SecurityGroupEgressRule(
      `${this.name}-egress`,
      {
        ...rule,
        securityGroupId: this.producersSecurityGroup.id,
        referencedSecurityGroupId: endpointGroup.id,
        description: 'https from producers to the ingest',
      },
      { parent: this },
    );
    new aws.vpc.SecurityGroupIngressRule(
      `${this.name}-ingress`,
      {
        ...rule,
        securityGroupId: endpointGroup.id,
        referencedSecurityGroupId: this.producersSecurityGroup.id,
        description: 'https to the ingest from producers',
      },
      { parent: this },
    );
  }
}
