import type * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';

export type Statement = aws.iam.PolicyStatement;

/** An IAM policy document with the given statements, as JSON. */
export function policyDocument(statements: Statement[]): pulumi.Output<string> {
  return pulumi.jsonStringify({ Version: '2012-10-17', Statement: statements });
}

/** A trust policy that lets one AWS service take a role, under conditions where the service states its source. */
export function trustService(service: string, condition?: Statement['Condition']): pulumi.Output<string> {
  return policyDocument([
    {
      Effect: 'Allow',
      Principal: { Service: service },
      Action: 'sts:AssumeRole',
      ...(condition && { Condition: condition }),
    },
  ]);
}

/**
 * A trust policy that lets the named principals take a role; without any, those of the account whose own policy allows
 * it.
 */
export function trustPrincipals(principals: string[], accountId: pulumi.Input<string>): pulumi.Output<string> {
  const trusted = principals.length > 0 ? principals : pulumi.interpolate`arn:aws:iam::${accountId}:root`;
  return policyDocument([{ Effect: 'Allow', Principal: { AWS: trusted }, Action: 'sts:AssumeRole' }]);
}

/** Lets a role write to one log group that exists: without `logs:CreateLogGroup`, destroy leaves no group behind. */
export function writeLogs(logGroupArn: pulumi.Input<string>): Statement {
  return {
    Sid: 'WriteLogs',
    Effect: 'Allow',
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: pulumi.interpolate`${logGroupArn}:*`,
  };
}

/** Refuses to publish to a topic, and to subscribe to it, over an unencrypted connection. */
export function tlsOnlyTopic(topicArn: pulumi.Input<string>): Statement {
  return {
    Sid: 'TlsOnly',
    Effect: 'Deny',
    Principal: '*',
    Action: ['sns:Publish', 'sns:Subscribe'],
    Resource: topicArn,
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
}

/** What Lambda needs to attach a function to a VPC. */
const NETWORK_INTERFACE_ACTIONS = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

/**
 * Lets Lambda attach a function to the VPC, and denies the same to the function's own code. Lambda checks these actions
 * on every resource (the network interfaces do not exist yet), so this is the one place where the resource is `*`.
 */
export function attachToVpc(functionArn: pulumi.Input<string>): Statement[] {
  return [
    { Sid: 'AttachToVpc', Effect: 'Allow', Action: NETWORK_INTERFACE_ACTIONS, Resource: '*' },
    {
      Sid: 'KeepCodeFromNetworkInterfaces',
      Effect: 'Deny',
      Action: NETWORK_INTERFACE_ACTIONS,
      Resource: '*',
      Condition: { ArnEquals: { 'lambda:SourceFunctionArn': functionArn } },
    },
  ];
}

/** Lets a role use a key for one purpose, and only through the service that serves it. */
export function useKey(
  sid: string,
  action: string | string[],
  keyArn: pulumi.Input<string>,
  viaService: string,
): Statement {
  return {
    Sid: sid,
    Effect: 'Allow',
    Action: action,
    Resource: keyArn,
    Condition: { StringEquals: { 'kms:ViaService': viaService } },
  };
}
