import { deliveries } from '../../../../local/deploy/deliveries';
import type { Context } from '../../../../local/deploy/realise';

const DELIVERY = 'aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream';

const newContext = () => ({ region: 'ap-northeast-1', account: '123456789012', deliveries: [] }) as unknown as Context;

test('a delivery stream becomes the settings of a delivery', async () => {
  const context = newContext();
  const parameters = Object.entries({
    LambdaArn: 'arn:aws:lambda:ap-northeast-1:123456789012:function:archiver:$LATEST',
    BufferSizeInMBs: '0.5',
    NumberOfRetries: '30',
  }).map(([parameterName, parameterValue]) => ({ parameterName, parameterValue }));
  const inputs = {
    name: 'firehose-archive',
    kinesisSourceConfiguration: {
      kinesisStreamArn: 'arn:aws:kinesis:ap-northeast-1:123456789012:stream/transactions',
    },
    extendedS3Configuration: {
      bucketArn: 'arn:aws:s3:::s3-archive',
      kmsKeyArn: 'arn:aws:kms:ap-northeast-1:123456789012:key/k',
      prefix: 'p/',
      errorOutputPrefix: 'e/',
      fileExtension: '.gz',
      processingConfiguration: { processors: [{ type: 'Lambda', parameters }] },
    },
  };
  const arn = 'arn:aws:firehose:ap-northeast-1:123456789012:deliverystream/firehose-archive';
  expect(await deliveries[DELIVERY](inputs, context)).toEqual({ id: arn, state: { arn } });
  expect(context.deliveries).toEqual([
    {
      name: 'firehose-archive',
      arn,
      region: 'ap-northeast-1',
      streamArn: 'arn:aws:kinesis:ap-northeast-1:123456789012:stream/transactions',
      functionArn: 'arn:aws:lambda:ap-northeast-1:123456789012:function:archiver',
      batchBytes: 512 * 1024,
      retries: 30,
      bucket: 's3-archive',
      kmsKeyArn: 'arn:aws:kms:ap-northeast-1:123456789012:key/k',
      prefix: 'p/',
      errorPrefix: 'e/',
      fileExtension: '.gz',
    },
  ]);
});

test('any other is refused', async () => {
  await expect(deliveries[DELIVERY]({ name: 'x', destination: 'http_endpoint' }, newContext())).rejects.toThrow(
    'it takes no stream to S3, and nothing else is here',
  );
});
