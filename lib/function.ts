import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { archive, type Bundle } from './bundle';
import { RUNTIME } from './compile';
import { createLogGroup, type LogSettings } from './log-group';
import { attachToVpc, policyDocument, type Statement, trustService, writeLogs } from './policies';

export interface NetworkFunctionArgs {
  /** Physical name of the function, and the service name its logs and metrics carry. */
  functionName: string;
  description: string;
  roleName: string;
  logGroupName: string;
  /** Whether its log lines are audit events. */
  logKind: 'operational' | 'audit';
  logs: LogSettings;
  region: string;
  accountId: pulumi.Input<string>;
  files: pulumi.Input<Bundle>;
  memoryMib: number;
  timeoutSeconds: number;
  subnetIds: pulumi.Input<string>[];
  securityGroupId: pulumi.Input<string>;
  /** Group that the network interfaces move to before destroy, so that `securityGroupId` can be deleted at once. */
  defaultSecurityGroupId: pulumi.Input<string>;
  environment: Record<string, pulumi.Input<string>>;
  /** What the function may do, besides writing its log and being attached to the network. */
  permissions: Statement[];
  /** What must be there before the role is used and the code runs. */
  after?: pulumi.Resource[];
}

/** A Lambda function in the private subnets, with its log group and a role of its own. */
export class NetworkFunction extends pulumi.ComponentResource {
  public readonly function: aws.lambda.Function;
  public readonly logGroup: aws.cloudwatch.LogGroup;
  /** All that the role may do; whoever uses the function waits for it. */
  public readonly policy: aws.iam.RolePolicy;

  constructor(name: string, args: NetworkFunctionArgs, opts?: pulumi.ComponentResourceOptions) {
    super('tap:processor:NetworkFunction', name, {}, opts);
    const { functionName, region, accountId } = args;

    this.logGroup = createLogGroup(`${name}-log`, args.logGroupName, args.logKind, args.logs, this);
    const role = new aws.iam.Role(
      `${name}-role`,
      { name: args.roleName, description: args.description, assumeRolePolicy: trustService('lambda.amazonaws.com') },
      { parent: this },
    );
    this.policy = new aws.iam.RolePolicy(
      `${name}-policy`,
      {
        name: 'access',
        role: role.name,
        policy: policyDocument([
          writeLogs(this.logGroup.arn),
          ...attachToVpc(pulumi.interpolate`arn:aws:lambda:${region}:${accountId}:function:${functionName}`),
          ...args.permissions,
        ]),
      },
      { parent: this, dependsOn: args.after },
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
        vpcConfig: { subnetIds: args.subnetIds, securityGroupIds: [args.securityGroupId] },
        replaceSecurityGroupsOnDestroy: true,
        replacementSecurityGroupIds: [args.defaultSecurityGroupId],
        loggingConfig: { logFormat: 'Text', logGroup: this.logGroup.name }, // the lines are JSON already
        environment: { variables: { POWERTOOLS_SERVICE_NAME: functionName, ...args.environment } },
      },
      { parent: this, dependsOn: [this.policy] },
    );

    this.registerOutputs({ functionName: this.function.name, functionArn: this.function.arn });
  }
}
