import { type Case, find, remove, set } from './change';

export const LOGGING: readonly Case[] = [
  [
    'keys that nobody watches',
    remove('EventRule', 'tap-monitoring-keys'),
    ['tap-kms-data', 'tap-kms-monitoring'].map(
      (key) => `key-events-told, ${key}: EventRule is not set: watch it by a rule of EventBridge`,
    ),
  ],
  [
    'flow logs of refused traffic only',
    set('FlowLog', 'tap-network-vpc', 'properties.trafficType', 'REJECT'),
    ['network-logged, tap-network-vpc: trafficType is REJECT: set it to ALL'],
  ],
  [
    'a network without flow logs',
    remove('FlowLog', 'tap-network-vpc'),
    ['network-logged, tap-network-vpc: FlowLog is 0: log its traffic'],
  ],
  [
    'a function that logs elsewhere',
    set('Function', 'tap-alerts-publisher-function', 'properties.loggingConfig.logGroup', '/somewhere/else'),
    [
      'functions-log, tap-alerts-publisher-function: loggingConfig.logGroup is /somewhere/else: name a group of the stack',
    ],
  ],
  [
    'a database that logs values, and exports too little',
    (resources) => {
      const parameters = find(resources, 'ParameterGroup', 'tap-database-parameters').properties.parameters;
      parameters.find(({ name }: { name: string }) => name === 'log_parameter_max_length').value = '-1';
      set('Instance', 'tap-database-transactions', 'properties.enabledCloudwatchLogsExports', [
        'postgresql',
        'upgrade',
      ])(resources);
    },
    [
      'database-logged, tap-database-parameters: log_parameter_max_length is -1: set it to 0',
      'database-logged, tap-database-transactions: log iam-db-auth-error is not exported: export it to CloudWatch',
    ],
  ],
  [
    'an alarm that tells nobody',
    set('MetricAlarm', 'tap-monitoring-quarantined-records', 'properties.alarmActions', []),
    ['alarms-notify, tap-monitoring-quarantined-records: alarmActions is 0 topics: name a topic'],
  ],
  [
    'a database that stays behind its releases',
    set('Instance', 'tap-database-transactions', 'properties.autoMinorVersionUpgrade', false),
    ['releases-follow, tap-database-transactions: autoMinorVersionUpgrade is false: set it to true'],
  ],
];
