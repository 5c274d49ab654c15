import type { PublishBatchCommand } from '@aws-sdk/client-sns';
import { SnsTopic } from '../../../../processor/publisher/topic';

const TOPIC_ARN = 'arn:aws:sns:ap-northeast-1:123456789012:sns-alerts-test.fifo';

test('an alert is a message of its customer’s group, known by transaction and revision', async () => {
  const send = jest.fn<Promise<object>, [PublishBatchCommand]>(async () => ({
    Successful: [{ Id: '7' }],
    Failed: [{ Id: '8', Code: 'InternalError', SenderFault: false }],
  }));
  const codes: string[] = [];
  const topic = new SnsTopic({ send } as never, TOPIC_ARN, (code) => codes.push(code));
  const taken = await topic.publish([
    { id: '7', customerId: 'c-1', transactionId: 'tx-1', revision: 3, content: '{"decision":"block"}' },
    { id: '8', customerId: 'c-2', transactionId: 'tx-2', revision: 1, content: '{}' },
  ]);
  expect(taken).toEqual(['7']);
  expect(codes).toEqual(['InternalError']);
  expect(send.mock.calls.map(([command]) => command.input)).toEqual([
    {
      TopicArn: TOPIC_ARN,
      PublishBatchRequestEntries: [
        { Id: '7', Message: '{"decision":"block"}', MessageGroupId: 'c-1', MessageDeduplicationId: 'tx-1:3' },
        { Id: '8', Message: '{}', MessageGroupId: 'c-2', MessageDeduplicationId: 'tx-2:1' },
      ],
    },
  ]);
});
