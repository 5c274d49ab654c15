import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { archive, type Bundle } from './bundle';
import { RUNTIME } from './compile';
import type { FunctionMember } from './flows';
import { createLogGroup, type LogSettings } from './log-group';
import type { Names } from './naming';
import type { Network } from './network';
import { attachToVpc, policyDocument, type Statement, trustService, writeLogs } from './policies';

/** What a function takes to sign in to a store: where it is and as whom, and the right to. */
export interface SignIn {
  environment: Record<string, pulumi.Input<string>>;
  permission: Statement;
}

export interface NetworkFunctionArgs {
  /** Which function it is: names, log group and security group go by that. */
  member: FunctionMember;
  names: Names;
  region: string;
  accountId: pulumi.Input<string>;
  network: Network;
  logs: LogSettings;
  description: string;
  /** Whether its log lines are audit events. */
  logKind: 'operational' | 'audit';
  files: pulumi.Input<Bundle>;
  memoryMib: number;
  timeoutSeconds: number;
  signIns: SignIn[];
  /** Further variables. */
  environment: Record<string, pulumi.Input<string>>;
  /** What the function may do, besides signing in, writing its log and being attached to the network. */
  permissions: Statement[];
  /** What must be there before the role is and the code runs. */
  after?: pulumi.Resource[];
}

/** Namespace of the metrics that functions write to their logs. */
export const METRICS_NAMESPACE = 'JapanCart/TransactionMonitoring';

/** A Lambda function in the private subnets, with its log group and a role of its own. */
export class NetworkFunction extends pulumi.ComponentResource {
  public readonly function: aws.lambda.Function;
  public readonly logGroup: aws.cloudwatch.LogGroup;
  /** All that the role may do; whoever uses the function waits for it. */
  public readonly policy: aws.iam.RolePolicy;

  constructor(name: string, args: NetworkFunctionArgs, opts?: pulumi.ComponentResourceOptions) {
    super('tap:processor:NetworkFunction', name, {}, opts);
    const { member, names, region, accountId, network, signIns } = args;
    const functionName = names.of(member);

    this.logGroup = createLogGroup(`${name}-log`, names.logGroups[member], args.logKind, args.logs, this);
    const role = new aws.iam.Role(
      `${name}-role`,
      {
        name: names.of(`${member}Role`),
        description: args.description,
        assumeRolePolicy: trustService('lambda.amazonaws.com'),
      },
      { parent: this, dependsOn: args.after },
    );
    this.policy = new aws.iam.RolePolicy(
      `${name}-policy`,
      {
        name: 'access',
        role: role.name,
        policy: policyDocument([
          writeLogs(this.logGroup.arn),
          ...attachToVpc(pulumi.interpolate`arn:aws:lambda:${region}:${accountId}:function:${functionName}`),
          ...signIns.map(({ permission }) => permission),
          ...args.permissions,
        ]),
      },
      { parent: this },
    );
    this.function = new aws.lambda.Function(
      `${name}-function`,
      {
        name: functionName,
        description: args.description,
        role: role.arn,
        runtime: RUNTIME,
        architectures: ['arm64'],
        handler: 'index.handler',
        code: pulumi.output(args.files).apply(archive),
        memorySize: args.memoryMib,
        timeout: args.timeoutSeconds,
        vpcConfig: { subnetIds: network.privateSubnetIds, securityGroupIds: [network.securityGroupIds[member]] },
        replaceSecurityGroupsOnDestroy: true,
        replacementSecurityGroupIds: [network.defaultSecurityGroupId],
        loggingConfig: { logFormat: 'Text', logGroup: this.logGroup.name }, // the lines are JSON already
        environment: {
          variables: {
            ENVIRONMENT_SUFFIX: names.suffix,
            POWERTOOLS_SERVICE_NAME: functionName,
            POWERTOOLS_LOG_LEVEL: 'INFO',
            POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
            ...Object.assign({}, ...signIns.map(({ environment }) => environment)),
            ...args.environment,
          },
        },
      },
      { parent: this, dependsOn: [this.policy] },
    );

    this.registerOutputs({ functionName: this.function.name, functionArn: this.function.arn });
  }
}
