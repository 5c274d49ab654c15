import { request } from 'node:https';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { IngestTransport, Producer, type ProducerError, recordOf } from '../../producer';
import { judged, lookup, refused } from './operations';
import { client, isDeployed, output, testWhere } from './stack';
import { transaction } from './transactions';

/** Passes the Luhn check; a number that the card schemes set aside for tests. */
const CARD_NUMBER = '4111111111111111';

jest.setTimeout(180_000);

/** A private ingest cannot be reached from where the tests run, unless that is inside; a quota wants a key nobody gave the tests. */
const isOpen = isDeployed('ingestUrl') && !isDeployed('ingestVpcEndpointId') && !isDeployed('ingestApiKeyId');

const testOfIngest = (name: string, body: () => Promise<void>) =>
  testWhere(isOpen, name, 'the stack has no ingest that can be reached from here without a key', body);

/** Credentials are looked for where every client does. */
const transport = () =>
  new IngestTransport({
    url: output('ingestUrl'),
    region: output('region'),
    credentials: () => new KinesisClient(client).config.credentials(),
  });

function producerOf() {
  const refusals: ProducerError[] = [];
  const producer = new Producer({ transport: transport(), onRefused: (_, error) => void refusals.push(error) });
  return { producer, refusals };
}

testOfIngest('a transaction that is posted is stored and gets a verdict', async () => {
  const sent = transaction();
  const { producer, refusals } = producerOf();
  await producer.send(recordOf(sent));
  await producer.close();
  expect(refusals).toEqual([]);
  const found = await judged(sent.transactionId);
  expect(found.transaction).toMatchObject({ transactionId: sent.transactionId, amount: 4980, currency: 'JPY' });
  expect(found.verdicts[0]).toMatchObject({ decision: 'allow' });
});

testOfIngest('of a batch with a bad one, the bad one is refused and the others are stored', async () => {
  const sent = [transaction(), transaction({ amount: '4980' }), transaction()] as const;
  const { producer, refusals } = producerOf();
  for (const each of sent) {
    await producer.send({ data: Buffer.from(JSON.stringify(each)), partitionKey: each.customerId });
  }
  await producer.close();
  expect(refusals.map(({ name, message }) => [name, message])).toEqual([
    ['RefusedRecordError', expect.stringContaining('the body is not a transaction')],
  ]);
  expect((await judged(sent[0].transactionId)).verdicts).toHaveLength(1);
  expect((await judged(sent[2].transactionId)).verdicts).toHaveLength(1);
  const nothing = await lookup(sent[1].transactionId);
  expect([nothing.transaction, nothing.quarantine]).toEqual([undefined, []]);
});

testOfIngest('a request without a signature is refused, and the answer repeats nothing of it', async () => {
  const url = `${output('ingestUrl')}/transactions`;
  const answer = await new Promise<string>((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers: { 'content-type': 'application/json' } }, async (response) => {
      resolve(`${response.statusCode} ${(await response.toArray()).join('')}`);
    });
    sent.once('error', reject).end(JSON.stringify(transaction({ note: CARD_NUMBER })));
  });
  expect(answer).toMatch(/^403 \{"error":"MISSING_AUTHENTICATION_TOKEN","message":"[^"]+"\}$/);
});

testOfIngest('a card number that the ingest cannot see is quarantined behind it', async () => {
  const sent = transaction({ note: `paid with ${CARD_NUMBER}` });
  const { producer } = producerOf();
  await producer.send({ data: Buffer.from(JSON.stringify(sent)), partitionKey: sent.customerId });
  await producer.close();
  expect((await refused(sent.transactionId)).quarantine.map(({ reason }) => reason)).toEqual(['card-number:note']);
});

testWhere(
  isDeployed('ingestLogGroupName'),
  'the access log is kept as audit events are, under the key of logs',
  'the stack has no ingest',
  async () => {
    const logs = new CloudWatchLogsClient(client);
    const name = output('ingestLogGroupName');
    const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name }));
    const group = logGroups.find(({ logGroupName }) => logGroupName === name);
    expect(group?.kmsKeyId).toBe(output('monitoringKmsKeyArn'));
    expect(group?.retentionInDays).toBeGreaterThanOrEqual(365);
  },
);
