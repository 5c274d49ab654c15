import { readFileSync } from 'node:fs';
import path from 'node:path';
import { billOf } from '../../../../scripts/cost/bill';
import { PRICES, priceOf } from '../../../../scripts/cost/prices';
import { USAGE, type Usage } from '../../../../scripts/cost/usage';
import type { Resource } from '../../../../scripts/graph';

const STREAM: Resource = {
  type: 'aws:kinesis/stream:Stream',
  name: 'tap-stream-transactions',
  inputs: {
    streamModeDetails: { streamMode: 'PROVISIONED' },
    shardCount: 3,
    retentionPeriod: 24,
    shardLevelMetrics: ['IncomingBytes', 'OutgoingBytes'],
  },
};
const DATABASE: Resource = {
  type: 'aws:rds/instance:Instance',
  name: 'tap-database-transactions',
  inputs: { instanceClass: 'db.t4g.medium', multiAz: true, allocatedStorage: 100 },
};
const HALF_A_MONTH: Usage = { ...USAGE.prod, hours: 365 };

/** Lines as what, quantity and USD, rounded to cents. */
const linesOf = (resources: Resource[], usage: Usage) =>
  billOf(resources, usage).lines.map(({ component, what, quantity, usd }) => [
    `${component}: ${what}`,
    Number(quantity.toFixed(2)),
    Number(usd.toFixed(2)),
  ]);

describe('a bill', () => {
  it('counts shards by the hour, records by 25 KB, metrics by the share of the month', () => {
    expect(linesOf([STREAM], HALF_A_MONTH)).toEqual([
      ['stream: shards', 1_095, 21.35],
      ['stream: puts', 21.9, 0.47],
      ['stream: shard metrics', 3, 0.9],
    ]);
    const longer = { ...STREAM, inputs: { ...STREAM.inputs, retentionPeriod: 168 } };
    expect(linesOf([longer], { ...HALF_A_MONTH, recordBytes: 25 * 1_024 + 1 })).toEqual([
      ['stream: shards', 1_095, 21.35],
      ['stream: puts', 43.8, 0.94],
      ['stream: retention above a day', 1_095, 28.47],
      ['stream: shard metrics', 3, 0.9],
    ]);
  });

  it('counts a stream on demand by its hours and bytes', () => {
    const onDemand = { ...STREAM, inputs: { streamModeDetails: { streamMode: 'ON_DEMAND' }, retentionPeriod: 24 } };
    expect(linesOf([onDemand], { ...USAGE.prod, recordBytes: 1_000 })).toEqual([
      ['stream: stream', 730, 37.96],
      ['stream: data in', 43.8, 4.56],
      ['stream: data out', 43.8, 2.28],
    ]);
  });

  it('counts requests over HTTPS by the transactions in one, and a line of the access log for each', () => {
    const api = { type: 'aws:apigateway/restApi:RestApi', name: 'tap-ingest', inputs: {} };
    const log = {
      type: 'aws:cloudwatch/logGroup:LogGroup',
      name: 'tap-ingest-log',
      inputs: { name: '/aws/apigateway/apigateway-ingest-prod', retentionInDays: 365 },
    };
    const lines = linesOf([api, log], { ...USAGE.prod, requestTransactions: 10 });
    expect(lines).toEqual([
      ['ingest: requests over HTTPS', 4.38, 18.61],
      ['ingest: logs taken in', 3.07, 2.33],
      ['ingest: logs kept', 5.52, 0.18],
    ]);
  });

  it('counts a standby and its storage twice, and what the transactions take beyond', () => {
    const usage = { ...USAGE.prod, databaseBytes: 2 ** 30 / 14_400, keptDays: 2 }; // 100 GiB a day
    expect(linesOf([DATABASE], usage)).toEqual([
      ['database: db.t4g.medium and standby', 1_460, 147.46],
      ['database: storage at first', 200, 27.6],
      ['database: storage for 2 days more', 200, 27.6],
    ]);
  });

  it('invokes the function once a window and parallel batch, or as often as full batches take', () => {
    const mapping = {
      type: 'aws:lambda/eventSourceMapping:EventSourceMapping',
      name: 'tap-processor-stream',
      inputs: { maximumBatchingWindowInSeconds: 10, parallelizationFactor: 2, batchSize: 500 },
    };
    const fn = {
      type: 'aws:lambda/function:Function',
      name: 'tap-processor-stream-function',
      inputs: { name: 'lambda-processor-dev', memorySize: 512 },
    };
    const requests = (transactionsPerMinute: number) =>
      billOf([STREAM, mapping, fn], { ...USAGE.prod, transactionsPerMinute }).lines.find(
        ({ what }) => what === 'processor: requests',
      )?.quantity;
    expect(requests(1_000)).toBeCloseTo((730 * 3_600 * 3 * 2) / 10 / 1e6, 6); // one every ten seconds from each of six
    expect(requests(1)).toBeCloseTo((730 * 60) / 1e6, 6); // one a transaction
    expect(requests(600_000)).toBeCloseTo((730 * 60 * 600_000) / 500 / 1e6, 6); // full batches
    const [, compute] = billOf([STREAM, mapping, fn], { ...USAGE.prod, transactionsPerMinute: 1 }).lines.filter(
      ({ component }) => component === 'processor',
    );
    expect(compute?.quantity).toBeCloseTo(730 * 60 * 0.0404 * 0.5, 6);
  });

  const DELIVERY: Resource = {
    type: 'aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream',
    name: 'tap-archive-delivery',
    inputs: {
      extendedS3Configuration: {
        bufferingInterval: 300,
        bufferingSize: 64,
        processingConfiguration: {
          processors: [
            {
              parameters: [
                { parameterName: 'BufferSizeInMBs', parameterValue: '0.5' },
                { parameterName: 'BufferIntervalInSeconds', parameterValue: '30' },
              ],
            },
          ],
        },
      },
    },
  };

  it('counts what Firehose delivers by steps of 5 KB, what it parts by its size, and objects by time or size', () => {
    expect(linesOf([DELIVERY], USAGE.prod)).toEqual([
      ['archive: delivery', 224.26, 8.07],
      ['archive: parted by kind', 44.85, 1.12],
      ['archive: objects parted', 0.02, 0.11],
      ['archive: objects written', 0.02, 0.08],
      ['archive: a month of transactions kept', 6.73, 0.17],
    ]);
    const [, , objects] = linesOf([DELIVERY], USAGE.scale);
    expect(objects).toEqual(['archive: objects parted', 0.4, 2.49]); // 26,910 GB by 64 MiB
  });

  it('invokes the archive’s function as often as Firehose hands over half a mebibyte, or every half a minute', () => {
    const fn = {
      type: 'aws:lambda/function:Function',
      name: 'tap-archive-archiver-function',
      inputs: { name: 'lambda-archiver-prod', memorySize: 512 },
    };
    const invoked = (usage: Usage) =>
      billOf([DELIVERY, fn], usage)
        .lines.filter(({ what }) => /archiver: (requests|compute)/.test(what))
        .map(({ quantity }) => quantity);
    expect(invoked({ ...USAGE.prod, transactionsPerMinute: 1 })).toEqual([
      expect.closeTo((730 * 60) / 1e6, 6), // one a transaction
      expect.closeTo(730 * 60 * 0.0404 * 0.5, 6),
    ]);
    expect(invoked({ ...USAGE.prod, transactionsPerMinute: 10 })[0]).toBeCloseTo((730 * 120) / 1e6, 6);
    expect(invoked(USAGE.scale)).toEqual([
      expect.closeTo((730 * 60 * 600_000) / 512 / 1e6, 6), // 512 records of 1 KiB each
      expect.closeTo(((730 * 60 * 600_000) / 512) * 0.2448 * 0.5, 3),
    ]);
  });

  it('counts NAT gateways and their addresses by the hour, and once what goes through them', () => {
    const made = (type: string, zone: number) => ({
      type: `aws:ec2/${type}`,
      name: `tap-network-nat-${zone}`,
      inputs: {},
    });
    const gateways = [1, 2].flatMap((zone) => [made('natGateway:NatGateway', zone), made('eip:Eip', zone)]);
    expect(linesOf(gateways, { ...HALF_A_MONTH, egressGb: 100 })).toEqual([
      ['network: NAT gateways', 730, 45.26],
      ['network: data through NAT gateways', 50, 3.1],
      ['network: public addresses', 730, 3.65],
    ]);
  });

  it('sums by component, dearest first, and tells how much rests on estimated prices', () => {
    const { components, totalUsd, uncheckedUsd } = billOf([STREAM, DATABASE], USAGE.dev);
    expect(Object.keys(components)).toEqual(['database', 'stream']);
    expect(totalUsd).toBeCloseTo((components.database ?? 0) + (components.stream ?? 0), 9);
    expect(uncheckedUsd).toBeCloseTo(1_460 * 0.101, 9); // the instance; storage and stream are checked
  });

  it('names what it has no price for', () => {
    const unknown = { type: 'aws:msk/cluster:Cluster', name: 'tap-stream-other', inputs: {} };
    const free = { type: 'aws:iam/role:Role', name: 'tap-stream-producer', inputs: {} };
    expect(billOf([unknown, free, unknown], USAGE.dev)).toMatchObject({
      lines: [],
      unpriced: ['aws:msk/cluster:Cluster'],
    });
    const larger = { ...DATABASE, inputs: { ...DATABASE.inputs, instanceClass: 'db.x2g.large' } };
    expect(() => billOf([larger], USAGE.dev)).toThrow(
      'scripts/cost/prices.json has no price rds.db.x2g.large: add it, with its source',
    );
  });
});

describe('the price table', () => {
  it('holds no price that nothing asks for', () => {
    const scripts = path.resolve(__dirname, '../../../../scripts');
    const asking = ['cost/pricers.ts', 'scale/prices.ts'].map((file) => readFileSync(path.join(scripts, file), 'utf8'));
    const byClass = /^(rds\.db|elasticache\.(redis|valkey))\./; // settings choose among those
    const idle = Object.keys(PRICES).filter(
      (name) => !byClass.test(name) && !asking.some((source) => source.includes(`'${name}'`)),
    );
    expect(idle).toEqual([]);
  });

  it('gives every price a unit, a usage type and the page where AWS publishes it', () => {
    const bad = Object.entries(PRICES).filter(
      ([, { usd, unit, usageType, page }]) =>
        !(usd > 0 && unit !== '' && usageType !== '' && page.startsWith('https://aws.amazon.com/')),
    );
    expect(bad).toEqual([]);
  });

  it('says of every price when it was checked, or that it was not', () => {
    const odd = Object.entries(PRICES).filter(
      ([, { checked }]) => checked !== null && !/^2026-\d\d-\d\d$/.test(checked),
    );
    expect(odd).toEqual([]);
    expect([priceOf('kinesis.shard').checked, priceOf('rds.db.t4g.small').checked]).toEqual(['2026-09-23', null]);
  });
});
