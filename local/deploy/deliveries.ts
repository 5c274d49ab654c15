import type * as aws from '@pulumi/aws';
import { realiser } from './realise';

const MIB = 1024 * 1024;

/** Delivery streams that read a stream and have a function transform what they write to S3. */
export const deliveries = {
  'aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream': realiser<aws.kinesis.FirehoseDeliveryStreamArgs>(
    async (inputs, context) => {
      const { kinesisSourceConfiguration: source, extendedS3Configuration: s3 } = inputs;
      const parameters = s3?.processingConfiguration?.processors?.[0]?.parameters ?? [];
      const parameter = (name: string) =>
        parameters.find(({ parameterName }) => parameterName === name)?.parameterValue ?? '';
      const name = inputs.name as string;
      const arn = `arn:aws:firehose:${context.region}:${context.account}:deliverystream/${name}`;
      if (source === undefined || s3 === undefined)
        throw new Error('it takes no stream to S3, and nothing else is here');
      context.deliveries.push({
        name,
        arn,
        region: context.region,
        streamArn: source.kinesisStreamArn,
        functionArn: parameter('LambdaArn').replace(/:\$LATEST$/, ''),
        batchBytes: Number(parameter('BufferSizeInMBs')) * MIB,
        retries: Number(parameter('NumberOfRetries')),
        bucket: s3.bucketArn.slice('arn:aws:s3:::'.length),
        kmsKeyArn: s3.kmsKeyArn ?? '',
        prefix: s3.prefix ?? '',
        errorPrefix: s3.errorOutputPrefix ?? '',
        fileExtension: s3.fileExtension ?? '',
      });
      return { id: arn, state: { arn } };
    },
  ),
};
