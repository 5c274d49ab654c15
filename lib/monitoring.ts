import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { alarms, type Watched } from './alarms';
import { createBudget } from './budget';
import { dashboardBody } from './dashboard';
import type { Names } from './naming';
import { policyDocument, type Statement, tlsOnlyTopic } from './policies';

export interface MonitoringArgs {
  names: Names;
  region: string;
  accountId: pulumi.Input<string>;
  /** ARN of the key that encrypts the topic. */
  topicKeyArn: pulumi.Input<string>;
  /** Address that is mailed when an alarm goes off. @default none */
  alarmEmail?: string;
  /** What the environment may cost a month, USD. @default no budget */
  monthlyBudgetUsd?: number;
  /** The stack's own trail, which is watched, and tells EventBridge what happens to keys. @default none: the account's tells */
  trail?: aws.cloudtrail.Trail;
  /** ARNs of the keys whose disabling, deletion and refusals are told. */
  watchedKeyArns: pulumi.Input<string>[];
  watched: Watched;
}

/** Calls that take a key, or protection by it, away. */
const KEY_CHANGES = ['DisableKey', 'DisableKeyRotation', 'PutKeyPolicy', 'ScheduleKeyDeletion'];

/** Calls that end or narrow what the audit trail records. */
const TRAIL_CHANGES = ['DeleteTrail', 'PutEventSelectors', 'StopLogging', 'UpdateTrail'];

/** Events that CloudTrail tells EventBridge of: calls of a service's API. */
function apiCalls(service: string, detail: object): pulumi.Output<string> {
  return pulumi.jsonStringify({
    source: [`aws.${service}`],
    'detail-type': ['AWS API Call via CloudTrail'],
    detail: { eventSource: [`${service}.amazonaws.com`], ...detail },
  });
}

/** Alarms and key events that reach an encrypted topic, and a dashboard. */
export class Monitoring extends pulumi.ComponentResource {
  public readonly topic: aws.sns.Topic;
  public readonly alarmNames: pulumi.Output<string>[];
  public readonly dashboardName: pulumi.Output<string>;

  constructor(
    private readonly name: string,
    private readonly args: MonitoringArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super('tap:monitoring:Monitoring', name, {}, opts);

    this.topic = this.createTopic();
    if (args.monthlyBudgetUsd !== undefined) {
      const { names, monthlyBudgetUsd: monthlyUsd } = args;
      createBudget(`${name}-budget`, { names, monthlyUsd, topicArn: this.topic.arn }, this);
    }
    const subscriptions = this.subscribe();
    if (args.trail) this.sendTrailEvents(args.trail, subscriptions);
    const keyEvents = this.sendKeyEvents(subscriptions);
    const metricAlarms = this.createAlarms(keyEvents);
    this.alarmNames = metricAlarms.map((alarm) => alarm.name);
    this.dashboardName = this.createDashboard(metricAlarms);

    this.registerOutputs({ topicArn: this.topic.arn, dashboardName: this.dashboardName });
  }

  private createTopic(): aws.sns.Topic {
    const { names, region, accountId, topicKeyArn } = this.args;
    const name = names.of('alarmTopic');
    const arn = pulumi.interpolate`arn:aws:sns:${region}:${accountId}:${name}`;
    return new aws.sns.Topic(
      `${this.name}-alarms`,
      {
        name,
        kmsMasterKeyId: topicKeyArn,
        policy: policyDocument([
          tlsOnlyTopic(arn),
          {
            Sid: 'AlarmsPublish',
            Effect: 'Allow',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: 'sns:Publish',
            Resource: arn,
            Condition: {
              StringEquals: { 'aws:SourceAccount': accountId },
              ArnLike: {
                'aws:SourceArn': pulumi.interpolate`arn:aws:cloudwatch:${region}:${accountId}:alarm:cloudwatch-*-${names.suffix}`,
              },
            },
          },
          {
            // EventBridge's messages to a topic do not carry what a condition could ask for.
            Sid: 'EventsPublish',
            Effect: 'Allow',
            Principal: { Service: 'events.amazonaws.com' },
            Action: 'sns:Publish',
            Resource: arn,
          },
          ...this.budgetStatements(arn),
        ]),
      },
      { parent: this },
    );
  }

  private budgetStatements(topicArn: pulumi.Output<string>): Statement[] {
    const { accountId, monthlyBudgetUsd } = this.args;
    if (monthlyBudgetUsd === undefined) return [];
    return [
      {
        Sid: 'BudgetPublishes',
        Effect: 'Allow',
        Principal: { Service: 'budgets.amazonaws.com' },
        Action: 'sns:Publish',
        Resource: topicArn,
        Condition: {
          StringEquals: { 'aws:SourceAccount': accountId },
          ArnLike: { 'aws:SourceArn': pulumi.interpolate`arn:aws:budgets::${accountId}:*` },
        },
      },
    ];
  }

  private subscribe(): pulumi.Resource[] {
    const { alarmEmail } = this.args;
    if (alarmEmail === undefined) return [];
    const subscription = new aws.sns.TopicSubscription(
      `${this.name}-email`,
      { topic: this.topic.arn, protocol: 'email', endpoint: alarmEmail },
      { parent: this },
    );
    return [subscription];
  }

  /** What happens to a key is no metric: CloudTrail tells EventBridge, in an account where a trail logs. */
  private sendKeyEvents(subscriptions: pulumi.Resource[]): pulumi.Resource {
    const { names, watchedKeyArns, trail } = this.args;
    const rule = new aws.cloudwatch.EventRule(
      `${this.name}-keys`,
      {
        name: names.of('keyEventsRule'),
        description: 'A key is about to be lost, its policy has changed, or someone was refused its use',
        eventPattern: apiCalls('kms', {
          $or: [
            { eventName: KEY_CHANGES, resources: { ARN: watchedKeyArns } },
            {
              errorCode: ['AccessDenied', 'AccessDeniedException'],
              errorMessage: watchedKeyArns.map((arn) => ({ wildcard: pulumi.interpolate`*${arn}*` })),
            },
          ],
        }),
        state: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS', // using a key is a read-only event to CloudTrail
      },
      { parent: this, dependsOn: trail },
    );
    return this.tellTopic('keys', rule, subscriptions);
  }

  private sendTrailEvents({ name, arn }: aws.cloudtrail.Trail, subscriptions: pulumi.Resource[]): void {
    const rule = new aws.cloudwatch.EventRule(
      `${this.name}-trail`,
      {
        name: this.args.names.of('trailEventsRule'),
        description: 'The audit trail was stopped, changed or deleted',
        eventPattern: apiCalls('cloudtrail', {
          eventName: TRAIL_CHANGES,
          requestParameters: { $or: ['name', 'trailName'].map((parameter) => ({ [parameter]: [name, arn] })) },
        }),
      },
      { parent: this },
    );
    this.tellTopic('trail', rule, subscriptions);
  }

  private tellTopic(name: string, rule: aws.cloudwatch.EventRule, subscriptions: pulumi.Resource[]): pulumi.Resource {
    return new aws.cloudwatch.EventTarget(
      `${this.name}-${name}`,
      { rule: rule.name, targetId: 'alarm-topic', arn: this.topic.arn },
      { parent: this, dependsOn: subscriptions },
    );
  }

  /** The alarms come after the key events and go before them, so that a destroy which reaches a key is still told. */
  private createAlarms(keyEvents: pulumi.Resource): aws.cloudwatch.MetricAlarm[] {
    const { names, watched } = this.args;
    return alarms(watched).map(({ purpose, node, description, ...metric }) => {
      const logicalName = [this.name, purpose, node].filter((part) => part !== undefined).join('-');
      return new aws.cloudwatch.MetricAlarm(
        logicalName,
        {
          name: names.alarm(purpose, node),
          alarmDescription: description,
          ...metric,
          alarmActions: [this.topic.arn],
          okActions: [this.topic.arn],
        },
        { parent: this, dependsOn: [keyEvents] },
      );
    });
  }

  private createDashboard(metricAlarms: aws.cloudwatch.MetricAlarm[]): pulumi.Output<string> {
    const { names, region, watched } = this.args;
    return new aws.cloudwatch.Dashboard(
      `${this.name}-dashboard`,
      {
        dashboardName: names.of('dashboard'),
        dashboardBody: dashboardBody(
          region,
          watched,
          metricAlarms.map((alarm) => alarm.arn),
        ),
      },
      { parent: this },
    ).dashboardName;
  }
}
