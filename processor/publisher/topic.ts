import { PublishBatchCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Alert, Topic } from './drain';

/** An SNS FIFO topic. A customer is a message group; an alert published again within five minutes is dropped by SNS. */
export class SnsTopic implements Topic {
  /** @param onRefused told the code of each refusal, such as `InternalError` */
  constructor(
    private readonly client: Pick<SNSClient, 'send'>,
    private readonly topicArn: string,
    private readonly onRefused: (code: string) => void,
  ) {}

  async publish(batch: readonly Alert[]): Promise<string[]> {
    const { Successful = [], Failed = [] } = await this.client.send(
      new PublishBatchCommand({
        TopicArn: this.topicArn,
        PublishBatchRequestEntries: batch.map(({ id, customerId, transactionId, revision, content }) => ({
          Id: id,
          Message: content,
          MessageGroupId: customerId,
          MessageDeduplicationId: `${transactionId}:${revision}`,
        })),
      }),
    );
    for (const { Code = 'unknown' } of Failed) this.onRefused(Code);
    return Successful.map(({ Id }) => Id as string);
  }
}
