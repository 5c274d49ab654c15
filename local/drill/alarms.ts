import { readFileSync } from 'node:fs';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Client } from 'pg';
import { ALARM_PURPOSES, type AlarmPurpose } from '../../lib/naming';
import { EXPOSURE_YEN } from '../../processor/operations/merchants-at-risk';
import { Operations } from '../console/operations';
import { generateTraffic } from '../feed/generator/traffic';
import { FeedProducer } from '../feed/producer';
import type { FeedRecord } from '../feed/records';
import type { Platform } from '../platform';
import { Metrics } from './metrics';

/** An alarm as it is deployed. */
export interface Alarm {
  name: string;
  namespace: string;
  metricName: string;
  /** `Name=Value`. */
  dimension: string;
  statistic: string;
  threshold: number;
  periods: number;
  periodSeconds: number;
}

/** What an alarm's metric was before and after the condition was brought about. */
export interface Reading {
  alarm: Alarm;
  before?: number;
  after?: number;
  /** Whether it lies above the threshold now, and did not before. */
  crossed: boolean;
}

interface AlarmDrill {
  /** What it does to the run, for people. */
  does: string;
  /** Settings of the stack that it takes. */
  settings?: Record<string, string>;
  provoke(run: Run, alarm: Alarm): Promise<void>;
}

const TRANSACTIONS = 200;
const OUTAGE_MS = 3_000;
/** More than a minute: the publisher runs once a minute, and verdicts may be a minute behind. */
const LONG_OUTAGE_MS = 70_000;
const THREE_HOURS_MS = 3 * 3_600_000;

/** A local run that receives traffic. */
class Run {
  private readonly producer: FeedProducer;
  private readonly traffic: Iterator<FeedRecord>;

  constructor(readonly platform: Platform) {
    this.producer = new FeedProducer({ platform, signal: new AbortController().signal });
    this.traffic = generateTraffic({ seed: 1, start: Date.now() - THREE_HOURS_MS })[Symbol.iterator]();
  }

  /** Sends transactions, one after the other of the same traffic. */
  async send(count: number): Promise<void> {
    for (let sent = 0; sent < count; sent++) await this.producer.add(this.traffic.next().value as FeedRecord);
    await this.producer.flush();
  }

  /** Sends records that the contract refuses. */
  async sendMalformed(count: number): Promise<void> {
    const data = Buffer.from('{"transactionId":"malformed"}');
    for (let sent = 0; sent < count; sent++) await this.producer.add({ data, partitionKey: String(sent) });
    await this.producer.flush();
  }

  /** Sends a payment of this amount, yen, and has it confirmed as fraud. */
  async sendFraud(amount: number): Promise<void> {
    const record = this.traffic.next().value as FeedRecord;
    const payment = {
      ...JSON.parse(Buffer.from(record.data).toString()),
      amount,
      currency: 'JPY',
      outcome: 'approved',
    };
    await this.producer.add({ data: Buffer.from(JSON.stringify(payment)), partitionKey: record.partitionKey });
    await this.producer.flush();
    await this.settled();
    await this.ask({
      action: 'disposition-add',
      transactionId: payment.transactionId,
      disposition: 'confirmed-fraud',
      analyst: 'drill',
      note: 'drill',
    });
  }

  /** Asks the operations function. */
  async ask(request: object): Promise<void> {
    const operations = new Operations(this.platform);
    try {
      await operations.ask(request);
    } finally {
      operations.close();
    }
  }

  /** Runs statements as the owner of the tables. */
  async asOwner(sql: string): Promise<void> {
    const { environment, outputs } = this.platform;
    const secrets = new SecretsManagerClient(clientSettings(this.platform));
    const { SecretString = '' } = await secrets.send(
      new GetSecretValueCommand({ SecretId: String(outputs.dbSecretArn) }),
    );
    secrets.destroy();
    const { username, password } = JSON.parse(SecretString);
    const client = new Client({
      host: 'localhost',
      port: Number(outputs.rdsPort),
      database: String(outputs.rdsDatabaseName),
      user: username,
      password,
      ssl: { ca: readFileSync(environment.NODE_EXTRA_CA_CERTS ?? '', 'utf8') },
    });
    await client.connect();
    await client.query(sql);
    await client.end();
  }

  /** Resolves once everything sent was stored, quarantined or given up. */
  settled(): Promise<void> {
    return this.platform.poller.drained(this.producer.put);
  }
}

/** The alarms whose condition can be brought about here. */
const DRILLS: Partial<Record<AlarmPurpose, AlarmDrill>> = {
  'processor-errors': {
    does: 'ends Valkey for three seconds while transactions arrive',
    async provoke(run) {
      await Promise.all([run.platform.servers.valkey.crash(OUTAGE_MS), run.send(TRANSACTIONS)]);
    },
  },
  'failed-records': {
    does: 'ends PostgreSQL for three seconds while transactions arrive that are not tried again',
    settings: { maxRetryAttempts: '0' },
    async provoke(run) {
      await Promise.all([run.platform.servers.postgres.crash(OUTAGE_MS), run.send(TRANSACTIONS)]);
    },
  },
  'iterator-age': {
    does: 'ends PostgreSQL for more than a minute while transactions wait',
    async provoke(run) {
      await Promise.all([run.platform.servers.postgres.crash(LONG_OUTAGE_MS), run.send(TRANSACTIONS)]);
    },
  },
  'publisher-errors': {
    does: 'ends PostgreSQL for more than a minute, until the publisher has run',
    async provoke(run) {
      await run.platform.servers.postgres.crash(LONG_OUTAGE_MS);
    },
  },
  'quarantined-records': {
    does: 'sends more malformed records than the threshold allows',
    async provoke(run, { threshold }) {
      await run.sendMalformed(threshold + 1);
    },
  },
  'incomplete-history': {
    does: 'ends Valkey, which takes the histories along, between transactions',
    async provoke(run) {
      await run.platform.servers.valkey.crash(0);
      await run.send(TRANSACTIONS);
    },
  },
  'audit-chain': {
    does: 'changes, as the owner of the tables and past their triggers, what was recorded of the migration',
    async provoke(run) {
      await run.asOwner(`ALTER TABLE tap.audit_log DISABLE TRIGGER USER;
        UPDATE tap.audit_log SET database_user = 'somebody else' WHERE action = 'migrate';
        ALTER TABLE tap.audit_log ENABLE TRIGGER USER`);
      await run.ask({ action: 'verify-chain' });
    },
  },
  'merchant-fraud': {
    does: 'has a payment confirmed as fraud that is close to 500,000 yen',
    async provoke(run, { threshold }) {
      await run.sendFraud((threshold / 100) * EXPOSURE_YEN + 5_000);
    },
  },
};

/** Purposes of the alarms there is a drill for. */
export const DRILLED = ALARM_PURPOSES.filter((purpose) => purpose in DRILLS);

/** @throws RangeError for an alarm that there is no drill for */
export function alarmDrill(purpose: string): AlarmDrill {
  const drill = DRILLS[purpose as AlarmPurpose];
  if (drill !== undefined) return drill;
  throw new RangeError(
    ALARM_PURPOSES.some((known) => known === purpose)
      ? `--alarm: ${purpose} watches what a local run does not have; there are drills for ${DRILLED.join(', ')}`
      : `--alarm: there is no alarm "${purpose}"; there are drills for ${DRILLED.join(', ')}`,
  );
}

/** Brings the condition about, and reads the alarm's metric before and after. */
export async function provoke(platform: Platform, purpose: string): Promise<Reading> {
  const alarm = await deployedAlarm(platform, purpose);
  const metrics = new Metrics(platform);
  const run = new Run(platform);
  await run.send(TRANSACTIONS);
  await run.settled();
  const before = metrics.read(alarm);
  await alarmDrill(purpose).provoke(run, alarm);
  await run.settled();
  const after = metrics.read(alarm);
  const over = (value: number | undefined) => value !== undefined && value > alarm.threshold;
  return { alarm, before, after, crossed: over(after) && !over(before) };
}

/** The alarm as the stack made it, from the emulator. */
async function deployedAlarm(platform: Platform, purpose: string): Promise<Alarm> {
  const cloudwatch = new CloudWatchClient(clientSettings(platform));
  try {
    const name = `cloudwatch-${purpose}-${platform.outputs.environmentSuffix}`;
    const { MetricAlarms: [found] = [] } = await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: [name] }));
    if (found === undefined) throw new Error(`the stack has no alarm ${name}`);
    const [{ Name, Value } = {}] = found.Dimensions ?? [];
    return {
      name,
      namespace: found.Namespace ?? '',
      metricName: found.MetricName ?? '',
      dimension: `${Name}=${Value}`,
      statistic: found.Statistic ?? '',
      threshold: found.Threshold ?? 0,
      periods: found.EvaluationPeriods ?? 1,
      periodSeconds: found.Period ?? 0,
    };
  } finally {
    cloudwatch.destroy();
  }
}

/** For clients of the emulator. */
function clientSettings({ environment }: Platform) {
  return {
    endpoint: environment.AWS_ENDPOINT_URL,
    region: environment.AWS_REGION,
    credentials: {
      accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '',
    },
  };
}

/** A reading in words. */
export function readingLines({ alarm, before, after, crossed }: Reading): string[] {
  const { name, namespace, metricName, dimension, statistic, threshold, periods, periodSeconds } = alarm;
  const show = (value?: number) => (value === undefined ? 'no data' : value.toLocaleString('en'));
  return [
    `${name}: ${statistic} of ${namespace} ${metricName} {${dimension}} > ${threshold} in ${periods} x ${periodSeconds} s`,
    `  before ${show(before)}, after ${show(after)}: ${crossed ? 'crosses the threshold' : 'does not cross the threshold'}`,
    ...(crossed && periods > 1 ? [`  It goes off when that lasts for ${periods} periods.`] : []),
  ];
}
