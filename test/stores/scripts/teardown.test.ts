import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateNatGatewayCommand,
  CreateNetworkInterfaceCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteNatGatewayCommand,
} from '@aws-sdk/client-ec2';
import { CreateKeyCommand, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { CreateDBInstanceCommand, CreateDBSnapshotCommand, DeleteDBInstanceCommand } from '@aws-sdk/client-rds';
import { CreateBucketCommand, DeleteBucketCommand, PutBucketTaggingCommand } from '@aws-sdk/client-s3';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { Children } from '../../../local/services/children';
import { startMiniStack } from '../../../local/services/ministack';
import { preparePython } from '../../../local/services/python';
import { teardown } from '../../../scripts/teardown/main';
import { exitCode, type Receipt } from '../../../scripts/teardown/receipt';
import { type Clients, createClients } from '../../../scripts/teardown/sweep';
import { exported, exportedState, fakePulumiCli } from '../../helpers/pulumi-cli';

const REGION = 'ap-northeast-1';
const SERVICES = 'kms,secretsmanager,s3,logs,elasticache,rds,ec2,tagging';
const BUCKET = 's3-failed-records-123456789012-pr-7';
const DATABASE = 'rds-transactions-pr-7';
const TAGS = [
  { Key: 'Project', Value: 'japancart-transaction-monitoring' },
  { Key: 'Environment', Value: 'pr-7' },
];
const KEY_TAGS = TAGS.map(({ Key, Value }) => ({ TagKey: Key, TagValue: Value }));

const environment = { ...process.env };
let children: Children;
let lambda: Server;
let lambdaFunctions: string[];
let clients: Clients;
let folder: string;

beforeAll(async () => {
  const { python } = await preparePython({ log: console.log });
  children = await Children.create();
  const endpoint = await startMiniStack(children, python, REGION, SERVICES);
  // The emulator's own would run whatever is posted to it, so that it is never started.
  lambda = createServer((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ Functions: lambdaFunctions.map((FunctionName) => ({ FunctionName })) }));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => lambda.once('listening', resolve));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${(lambda.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  });
  clients = createClients(REGION);
}, 180_000);

afterAll(async () => {
  process.env = environment;
  lambda?.close();
  await children?.stop();
});

beforeEach(() => {
  lambdaFunctions = ['another-function'];
  folder = mkdtempSync(path.join(tmpdir(), 'teardown-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = () => teardown({ project: folder, stack: 'pr-7', sweepOnly: false, waitMinutes: 0, log: () => undefined });
const told = ({ findings }: Receipt) => findings.map(({ kind, id, verdict }) => `${verdict}: ${kind} ${id}`).sort();

test('a stack that is gone leaves what is known to remain, with its reasons, and orphans are removed', async () => {
  const { KeyMetadata: key } = await clients.kms.send(new CreateKeyCommand({ Tags: KEY_TAGS }));
  const keyId = key?.KeyId as string;
  const { DeletionDate } = await clients.kms.send(
    new ScheduleKeyDeletionCommand({ KeyId: keyId, PendingWindowInDays: 7 }),
  );
  await clients.secrets.send(new CreateSecretCommand({ Name: 'rds-credentials-pr-7', SecretString: '{}' }));
  const groups = ['/aws/lambda/lambda-processor-pr-7', '/aws/lambda/lambda-processor-pr-70', 'RDSOSMetrics'];
  for (const logGroupName of groups) await clients.logs.send(new CreateLogGroupCommand({ logGroupName }));

  const state = exportedState([
    exported('pulumi:providers:aws', 'tap-aws', 'p', {
      inputs: { region: REGION, defaultTags: '{"tags":{"Environment":"pr-7"}}' },
    }),
    exported('aws:kms/key:Key', 'tap-kms-data', keyId),
    exported('aws:iam/role:Role', 'tap-stream-producer', 'iam-producer-pr-7'),
  ]);
  const calls = fakePulumiCli(folder, [
    { command: 'stack export', stdout: state },
    { command: 'stack export', status: 6 },
    { command: 'destroy' },
    { command: 'stack rm' },
  ]);
  const receipt = await run();

  expect(told(receipt)).toEqual([
    `expected: KMS key ${keyId}`,
    'expected: log group RDSOSMetrics',
    'expected: secret rds-credentials-pr-7',
    'removed: log group /aws/lambda/lambda-processor-pr-7',
  ]);
  const until = DeletionDate?.toISOString();
  expect(receipt.findings.find(({ id }) => id === keyId)).toMatchObject({ until });
  expect(receipt.destroyed.map(({ name }) => name)).toEqual(['tap-kms-data', 'tap-stream-producer']);
  expect(receipt.inState).toEqual([]);
  expect(calls().map(([verb]) => verb)).toEqual(['stack', 'destroy', 'stack', 'stack']);
  // The emulator does not know retained backups, so nobody can vouch for them.
  expect(receipt.blind.map(({ place }) => place)).toEqual(['RDS automated backups']);
  expect(exitCode(receipt)).toBe(4);
});

test('what else is left is unexpected, and log groups are left to whoever still writes to them', async () => {
  const { Vpc } = await clients.ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
  const { Subnet } = await clients.ec2.send(new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: '10.0.0.0/20' }));
  const { NetworkInterface } = await clients.ec2.send(
    new CreateNetworkInterfaceCommand({ SubnetId: Subnet?.SubnetId, Description: 'AWS Lambda VPC ENI' }),
  );
  const nats = await Promise.all(
    [0, 1].map(() => clients.ec2.send(new CreateNatGatewayCommand({ SubnetId: Subnet?.SubnetId }))),
  );
  const [nat, deleted] = nats.map(({ NatGateway }) => NatGateway?.NatGatewayId);
  await clients.ec2.send(new DeleteNatGatewayCommand({ NatGatewayId: deleted }));
  await clients.logs.send(new CreateLogGroupCommand({ logGroupName: '/aws/vpc/ec2-main-pr-7/flow-logs' }));
  await clients.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  await clients.s3.send(new PutBucketTaggingCommand({ Bucket: BUCKET, Tagging: { TagSet: TAGS } }));
  const instance = { DBInstanceIdentifier: DATABASE, DBInstanceClass: 'db.t4g.small', Engine: 'postgres' };
  await clients.rds.send(
    new CreateDBInstanceCommand({ ...instance, AllocatedStorage: 20, MasterUsername: 'a', MasterUserPassword: 'b' }),
  );
  for (const name of ['by-hand', 'final']) {
    await clients.rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: DATABASE, DBSnapshotIdentifier: name }));
  }
  await clients.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: DATABASE, SkipFinalSnapshot: true }));
  lambdaFunctions = ['lambda-processor-pr-7', 'lambda-processor-pr-70'];

  const role = exported('aws:iam/role:Role', 'tap-stream-producer', 'iam-producer-pr-7');
  const state = [
    exported('pulumi:providers:aws', 'tap-aws', 'p', {
      inputs: { region: REGION, defaultTags: '{"tags":{"Environment":"pr-7"}}' },
    }),
    exported('aws:ec2/vpc:Vpc', 'tap-network-vpc', Vpc?.VpcId as string),
    exported('aws:rds/instance:Instance', 'tap-database-transactions', 'db', {
      inputs: { finalSnapshotIdentifier: 'final' },
    }),
  ];
  fakePulumiCli(folder, [
    { command: 'stack export', stdout: exportedState([...state, role]) },
    { command: 'stack export', stdout: exportedState([role]) },
    { command: 'destroy', status: 255 },
  ]);
  const receipt = await run();

  expect(told(receipt).filter((line) => !line.startsWith('expected: '))).toEqual([
    `unexpected: NAT gateway ${nat}`,
    'unexpected: RDS snapshot by-hand',
    `unexpected: bucket ${BUCKET}`,
    'unexpected: function lambda-processor-pr-7',
    'unexpected: log group /aws/vpc/ec2-main-pr-7/flow-logs',
    `unexpected: network interface ${NetworkInterface?.NetworkInterfaceId}`,
  ]);
  expect(told(receipt)).toContain('expected: RDS snapshot final');
  expect(receipt.inState).toEqual([
    { type: 'aws:iam/role:Role', name: 'tap-stream-producer', id: 'iam-producer-pr-7' },
  ]);
  expect(receipt.destroyed.map(({ name }) => name)).toEqual(['tap-network-vpc', 'tap-database-transactions']);
  expect(receipt.destroyStatus).toBe(255);
  expect(exitCode(receipt)).toBe(3);
  await clients.s3.send(new DeleteBucketCommand({ Bucket: BUCKET }));
});
