import { GetTopicAttributesCommand, SNSClient } from '@aws-sdk/client-sns';
import { client, output } from './stack';

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
