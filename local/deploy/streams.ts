import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  EnableEnhancedMonitoringCommand,
  IncreaseStreamRetentionPeriodCommand,
  type MetricsName,
  StartStreamEncryptionCommand,
} from '@aws-sdk/client-kinesis';
import type * as aws from '@pulumi/aws';
import { realiser } from './realise';

/** Hours that a new stream keeps its records. */
const FIRST_RETENTION = 24;

export const streams = {
  'aws:kinesis/stream:Stream': realiser<aws.kinesis.StreamArgs>(async (inputs, { clients: { kinesis } }) => {
    const StreamName = inputs.name as string;
    await kinesis.send(
      new CreateStreamCommand({
        StreamName,
        ShardCount: inputs.shardCount,
        StreamModeDetails: {
          StreamMode: inputs.streamModeDetails?.streamMode === 'ON_DEMAND' ? 'ON_DEMAND' : 'PROVISIONED',
        },
      }),
    );
    if (inputs.kmsKeyId) {
      await kinesis.send(
        new StartStreamEncryptionCommand({ StreamName, EncryptionType: 'KMS', KeyId: inputs.kmsKeyId }),
      );
    }
    const hours = inputs.retentionPeriod ?? FIRST_RETENTION;
    if (hours > FIRST_RETENTION) {
      await kinesis.send(new IncreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours: hours }));
    }
    const ShardLevelMetrics = inputs.shardLevelMetrics as MetricsName[] | undefined;
    if (ShardLevelMetrics) await kinesis.send(new EnableEnhancedMonitoringCommand({ StreamName, ShardLevelMetrics }));
    const { StreamDescriptionSummary } = await kinesis.send(new DescribeStreamSummaryCommand({ StreamName }));
    const arn = StreamDescriptionSummary?.StreamARN;
    return { id: arn, state: { arn } };
  }),
};
