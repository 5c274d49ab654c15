import { paginateDescribeNatGateways, paginateDescribeNetworkInterfaces } from '@aws-sdk/client-ec2';
import { paginateListFunctions } from '@aws-sdk/client-lambda';
import { HeadBucketCommand, NotFound } from '@aws-sdk/client-s3';
import { DescribeSecretCommand, ResourceNotFoundException } from '@aws-sdk/client-secrets-manager';
import type { Finding } from '../receipt';
import type { Finder } from '../sweep';

/** Network interfaces in the stack's VPC: they hold security groups and subnets back. */
export const networkInterfaces: Finder = async ({ vpcIds }, { ec2: client }) => {
  if (vpcIds.length === 0) return [];
  const findings: Finding[] = [];
  const Filters = [{ Name: 'vpc-id', Values: vpcIds }];
  for await (const page of paginateDescribeNetworkInterfaces({ client }, { Filters })) {
    for (const { NetworkInterfaceId: id = '', Description: holder = '' } of page.NetworkInterfaces ?? []) {
      const why = `is held by "${holder}"; Lambda gives its interfaces back up to 45 minutes after a function is gone`;
      findings.push({ kind: 'network interface', id, verdict: 'unexpected', why });
    }
  }
  return findings;
};

/** NAT gateways in the stack's VPC: one that is gone is listed, as deleted, for about an hour more. */
export const natGateways: Finder = async ({ vpcIds }, { ec2: client }) => {
  if (vpcIds.length === 0) return [];
  const findings: Finding[] = [];
  const Filter = [{ Name: 'vpc-id', Values: vpcIds }];
  for await (const page of paginateDescribeNatGateways({ client }, { Filter })) {
    for (const { NatGatewayId: id = '', State: state } of page.NatGateways ?? []) {
      if (state === 'deleted') continue;
      findings.push({ kind: 'NAT gateway', id, verdict: 'unexpected', why: `is ${state}, and paid for by the hour` });
    }
  }
  return findings;
};

/** Functions under the stack's names. */
export const functions: Finder = async ({ names }, { lambda: client }) => {
  const findings: Finding[] = [];
  for await (const page of paginateListFunctions({ client }, {})) {
    for (const { FunctionName: id = '' } of page.Functions ?? []) {
      if (names.owns(id)) findings.push({ kind: 'function', id, verdict: 'unexpected', why: 'is still there' });
    }
  }
  return findings;
};

/** The stack's buckets: one that holds something is not destroyed unless the environment is ephemeral. */
export const buckets: Finder = async ({ bucketNames }, { s3 }) => {
  const findings = await Promise.all(
    bucketNames.map(async (id): Promise<Finding[]> => {
      try {
        await s3.send(new HeadBucketCommand({ Bucket: id }));
        return [{ kind: 'bucket', id, verdict: 'unexpected', why: 'is still there, and may hold records' }];
      } catch (error) {
        if (error instanceof NotFound) return [];
        throw error;
      }
    }),
  );
  return findings.flat();
};

/** The secret with the master credentials, which the stack only read. */
export const secret: Finder = async ({ secretId }, { secrets }) => {
  try {
    const { Name: id = secretId } = await secrets.send(new DescribeSecretCommand({ SecretId: secretId }));
    const why = 'was there before the stack and belongs to you; it costs 0.40 USD a month';
    return [{ kind: 'secret', id, verdict: 'expected', why }];
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return [];
    throw error;
  }
};
