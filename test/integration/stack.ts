import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NodeHttpHandler } from '@smithy/node-http-handler';

const FILE = join(__dirname, '..', '..', 'cfn-outputs', 'flat-outputs.json');

/** Outputs that the tests find resources by; all of them strings. */
export type Output =
  | 'alarmNames'
  | 'alarmTopicArn'
  | 'alertTopicArn'
  | 'approveAliasArn'
  | 'archiveBucketName'
  | 'archiveLogGroupName'
  | 'archiverLogGroupName'
  | 'auditTrailArn'
  | 'auditTrailBucketName'
  | 'dbInstanceIdentifier'
  | 'dbSecretArn'
  | 'environmentSuffix'
  | 'failedRecordsBucketName'
  | 'flowLogGroupName'
  | 'internetGatewayId'
  | 'ingestApiKeyId'
  | 'ingestLogGroupName'
  | 'ingestUrl'
  | 'ingestVpcEndpointId'
  | 'kinesisStreamArn'
  | 'kinesisStreamName'
  | 'kmsKeyArn'
  | 'kmsKeyId'
  | 'logGroupName'
  | 'monitoringKmsKeyArn'
  | 'natAddresses'
  | 'operateAliasArn'
  | 'operationsFunctionName'
  | 'operationsLogGroupName'
  | 'privateSubnetIds'
  | 'publicSubnetIds'
  | 'publisherFunctionName'
  | 'publisherLogGroupName'
  | 'rdsDatabaseName'
  | 'rdsEndpoint'
  | 'redisEndpoint'
  | 'redisUserId'
  | 'region'
  | 'replicationGroupId'
  | 'vpcId';

/** The outputs file as text. @throws Error that says how to make it */
export function outputsText(): string {
  try {
    return readFileSync(FILE, 'utf8');
  } catch (error) {
    throw new Error(`${FILE} is missing: run \`npm run test:integration\`, or deploy and run \`npm run outputs\``, {
      cause: error,
    });
  }
}

const outputs: Record<string, unknown> = JSON.parse(outputsText());

/** One output of the deployed stack. */
export function output(name: Output): string {
  const value = outputs[name];
  if (typeof value !== 'string' || value === '') throw new Error(`the output ${name} is missing in ${FILE}`);
  return value;
}

/** Whether the stack has what the output names; parts of it can be left out. */
export function isDeployed(name: Output): boolean {
  return name in outputs;
}

/** Settings of every client. HTTP/1 for all, as the emulator fails on large bodies over HTTP/2. */
export const client = { region: output('region'), requestHandler: new NodeHttpHandler(), forcePathStyle: true };

/** Whether the tests talk to AWS itself, not to the emulator. */
export const ON_AWS = process.env.AWS_ENDPOINT_URL === undefined;

/** A test of what only AWS itself shows; on the emulator it is skipped, and the reason printed. */
export function testOnAws(name: string, reason: string, body: () => Promise<void>): void {
  testWhere(ON_AWS, name, reason, body);
}

/** A test of what is not everywhere; where it is not, it is skipped, and the reason printed. */
export function testWhere(
  there: boolean,
  name: string,
  reason: string,
  body: () => Promise<void>,
  timeoutMs?: number,
): void {
  if (there) {
    test(name, body, timeoutMs);
    return;
  }
  process.stdout.write(`Skipped: ${name} (${reason})\n`);
  // biome-ignore lint/suspicious/noSkippedTests: it cannot be shown here, as the line above says
  test.skip(name, body);
}

/**
 * An identifier that no other run uses. It has letters for digits: of random UUIDs one in some hundreds holds digits that could
 * be a card number, and the record that names it is refused (docs/transaction.md).
 */
export function freshId(kind: string): string {
  return `it-${kind}-${randomUUID().replace(/\d/g, (digit) => 'ghijklmnop'.charAt(Number(digit)))}`;
}

/**
 * Asks again until the answer is there.
 *
 * @param ask gives the answer, or undefined when it is not there yet
 * @throws Error naming `what` after `seconds`
 */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined>, seconds = 90): Promise<T> {
  for (const end = Date.now() + seconds * 1_000; Date.now() < end; ) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`${what} did not happen within ${seconds} seconds`);
}
