import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetTopicAttributesCommand, SNSClient, SubscribeCommand, UnsubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { judged, put } from './operations';
import { client, eventually, freshId, output } from './stack';
import { transaction } from './transactions';

jest.setTimeout(180_000);

const sns = new SNSClient(client);
const TopicArn = output('alertTopicArn');

async function attributes() {
  return (await sns.send(new GetTopicAttributesCommand({ TopicArn }))).Attributes ?? {};
}

test('the topic of alerts keeps their order and is encrypted with the key of payment data', async () => {
  expect(await attributes()).toMatchObject({
    FifoTopic: 'true',
    ContentBasedDeduplication: 'false',
    KmsMasterKeyId: output('kmsKeyArn'),
  });
});

test('its policy admits nobody but the publisher, queues of the account, and TLS', async () => {
  const { Policy = '{}' } = await attributes();
  const account = TopicArn.split(':')[4];
  const statements: { Sid: string; Effect: string; Condition: object }[] = JSON.parse(Policy).Statement;
  expect(statements.map(({ Effect }) => Effect)).toEqual(['Deny', 'Deny', 'Deny']);
  expect(Object.fromEntries(statements.map(({ Sid, Condition }) => [Sid, Condition]))).toEqual({
    TlsOnly: { Bool: { 'aws:SecureTransport': 'false' } },
    PublisherOnly: {
      ArnNotEquals: {
        'aws:PrincipalArn': `arn:aws:iam::${account}:role/iam-publisher-${output('environmentSuffix')}`,
      },
    },
    OwnQueuesOnly: { StringNotLike: { 'sns:Endpoint': `arn:aws:sqs:*:${account}:*` } },
  });
});

describe('an alert', () => {
  const sqs = new SQSClient(client);
  const lambda = new LambdaClient(client);
  let QueueUrl: string | undefined;
  let SubscriptionArn: string | undefined;

  beforeAll(async () => {
    const account = TopicArn.split(':')[4];
    const QueueName = `${freshId('alerts')}.fifo`;
    const queueArn = `arn:aws:sqs:${output('region')}:${account}:${QueueName}`;
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'sns.amazonaws.com' },
          Action: 'sqs:SendMessage',
          Resource: queueArn,
          Condition: { ArnEquals: { 'aws:SourceArn': TopicArn } },
        },
      ],
    });
    ({ QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes: { FifoQueue: 'true', Policy } })));
    const subscribe = new SubscribeCommand({
      TopicArn,
      Protocol: 'sqs',
      Endpoint: queueArn,
      Attributes: { RawMessageDelivery: 'true' },
      ReturnSubscriptionArn: true,
    });
    ({ SubscriptionArn } = await sns.send(subscribe));
  });

  afterAll(async () => {
    if (SubscriptionArn) await sns.send(new UnsubscribeCommand({ SubscriptionArn }));
    if (QueueUrl) await sqs.send(new DeleteQueueCommand({ QueueUrl }));
  });

  /** Has the publisher run now, as its rule does within the minute, and reads what has reached the queue. */
  async function received(): Promise<Message[]> {
    await lambda.send(new InvokeCommand({ FunctionName: output('publisherFunctionName') }));
    const receive = new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 2,
      MessageSystemAttributeNames: ['MessageGroupId', 'MessageDeduplicationId'],
    });
    return (await sqs.send(receive)).Messages ?? [];
  }

  test('on a transaction of the stream reaches a subscriber, as a message of its customer', async () => {
    const sent = transaction({ amount: 5_000_000 });
    await put(sent);
    const [verdict] = (await judged(sent.transactionId)).verdicts;
    expect(verdict?.decision).not.toBe('allow');
    const message = await eventually(`the alert on ${sent.transactionId}`, async () =>
      (await received()).find(({ Attributes }) => Attributes?.MessageGroupId === sent.customerId),
    );
    expect(message.Attributes?.MessageDeduplicationId).toBe(`${sent.transactionId}:1`);
    expect(JSON.parse(message.Body ?? '')).toMatchObject({
      alertId: sent.transactionId,
      revision: 1,
      kind: 'raised',
      decision: verdict?.decision,
      score: verdict?.score,
      reasons: verdict?.reasons,
      transactionId: sent.transactionId,
      customerId: sent.customerId,
      occurredAt: sent.occurredAt,
    });
  });
});
