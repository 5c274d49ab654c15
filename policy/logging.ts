import {
  asText,
  countOf,
  expectAt,
  expectEqual,
  isUnread,
  judge,
  partsOf,
  type ResourcePolicy,
  type StackPolicy,
  UNKNOWN,
  valueAt,
} from './policy';

const FUNCTION = 'aws:lambda/function:Function';
const GROUP = 'aws:cloudwatch/logGroup:LogGroup';

export const networkLogged: StackPolicy = {
  name: 'network-logged',
  description: 'Flow logs of a VPC record all traffic',
  clauses: ['PCI 10.2.1', 'PCI 11.5.1', 'APPI GL 10-6(3)', 'LGPD 46'],
  all(resources) {
    return resources
      .filter(({ type }) => type === 'aws:ec2/vpc:Vpc')
      .flatMap((vpc) => {
        const logs = partsOf(vpc, 'aws:ec2/flowLog:FlowLog', 'vpcId', resources);
        return [
          judge(vpc, 'FlowLog', countOf(logs), (count) => count > 0, 'log its traffic'),
          ...logs.map((log) => expectEqual(log, 'trafficType', 'ALL')),
        ];
      });
  },
};

export const functionsLog: StackPolicy = {
  name: 'functions-log',
  description: 'Every function writes to a log group of the stack',
  clauses: ['PCI 10.2.1', 'APPI GL 10-3', 'LGPD 37'],
  all(resources) {
    const groups = resources.filter(({ type }) => type === GROUP);
    return resources
      .filter(({ type }) => type === FUNCTION)
      .map((fn) => {
        const value = valueAt(fn, 'loggingConfig.logGroup');
        const sources = fn.references.loggingConfig ?? [];
        const group = groups.find((one) =>
          value === UNKNOWN && !fn.partial ? sources.includes(one.urn) : one.properties.name === value,
        );
        return judge(
          fn,
          'loggingConfig.logGroup',
          group?.name ?? value,
          () => group !== undefined,
          'name a group of the stack',
        );
      });
  },
};

interface Parameter {
  name: string;
  value: string;
}

/** What PostgreSQL writes of sessions and changes, and that it never quotes the values of a statement. */
const PARAMETERS: Record<string, string> = {
  log_connections: '1',
  log_disconnections: '1',
  log_statement: 'ddl',
  log_error_verbosity: 'terse',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
};

export const databaseLogged: ResourcePolicy = {
  name: 'database-logged',
  description: 'The database logs sessions, refused sign-ins and schema changes, and never the values of a statement',
  clauses: [
    'PCI 3.5.1',
    'PCI 10.2.1',
    'PCI 10.2.1.2',
    'PCI 10.2.1.4',
    'PCI 10.2.1.5',
    'PCI 10.2.1.7',
    'APPI GL 10-3',
    'LGPD 37',
  ],
  each(resource) {
    if (resource.type === 'aws:rds/instance:Instance') {
      const exported = valueAt(resource, 'enabledCloudwatchLogsExports');
      return ['postgresql', 'upgrade', 'iam-db-auth-error'].map((log) =>
        judge(
          resource,
          `log ${log}`,
          Array.isArray(exported) ? (exported.includes(log) ? 'exported' : 'not exported') : exported,
          (is) => is === 'exported',
          'export it to CloudWatch',
        ),
      );
    }
    if (resource.type !== 'aws:rds/parameterGroup:ParameterGroup') return [];
    const parameters = valueAt(resource, 'parameters') as Parameter[] | typeof UNKNOWN | undefined;
    return Object.entries(PARAMETERS).map(([name, wanted]) => {
      const value = Array.isArray(parameters) ? parameters.find((one) => one.name === name)?.value : parameters;
      return judge(resource, name, value, (set) => set === wanted, `set it to ${wanted}`);
    });
  },
};

export const alarmsNotify: ResourcePolicy = {
  name: 'alarms-notify',
  description: 'Every alarm tells a topic when it goes off and when it is over',
  clauses: ['PCI 10.4.1.1', 'PCI 10.7.2', 'PCI 11.5.1', 'APPI GL 10-3', 'LGPD 48'],
  each(resource) {
    if (resource.type !== 'aws:cloudwatch/metricAlarm:MetricAlarm') return [];
    return ['alarmActions', 'okActions'].map((path) => {
      const actions = valueAt(resource, path);
      const count = typeof actions === 'symbol' ? actions : ((actions as unknown[] | undefined)?.length ?? 0);
      return judge(
        resource,
        path,
        count,
        (topics) => topics > 0,
        'name a topic',
        asText(count) === '1' ? '1 topic' : `${asText(count)} topics`,
      );
    });
  },
};

export const keyEventsTold: StackPolicy = {
  name: 'key-events-told',
  description:
    'Who disables a key, schedules its deletion, changes its policy or is refused its use is told to a topic',
  clauses: ['PCI 3.6.1', 'PCI 3.7.7', 'PCI 10.7.2', 'LGPD 46'],
  all(resources) {
    const rules = resources.filter(({ type }) => type === 'aws:cloudwatch/eventRule:EventRule');
    return resources
      .filter(({ type }) => type === 'aws:kms/key:Key')
      .map((key) => {
        const watching = rules.find(({ references }) => references.eventPattern?.includes(key.urn));
        const name = watching && isUnread(watching) ? UNKNOWN : watching?.name;
        return judge(key, 'EventRule', name, (known) => known !== undefined, 'watch it by a rule of EventBridge');
      });
  },
};

export const releasesFollow: ResourcePolicy = {
  name: 'releases-follow',
  description: 'Cache and database take minor releases by themselves',
  clauses: ['PCI 6.3.3', 'APPI GL 10-6(3)', 'LGPD 46'],
  each(resource) {
    const stores = ['aws:rds/instance:Instance', 'aws:elasticache/replicationGroup:ReplicationGroup'];
    if (!stores.includes(resource.type)) return [];
    return [
      expectAt(resource, 'autoMinorVersionUpgrade', (on: unknown) => on === true || on === 'true', 'set it to true'),
    ];
  },
};
