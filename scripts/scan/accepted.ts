/** A failed check of the scanner that stays, and why. */
export interface Accepted {
  check: string;
  /** What the check asks for, in short. */
  asks: string;
  /** Terraform's type and Pulumi's name of each resource it fails on; `*` for all of a type. */
  on: string[];
  /** The environments it fails in. @default all */
  in?: string[];
  reason: string;
}

const THROWN_AWAY = 'Pulumi.dev.yaml is small, and what it deploys may be thrown away. Its data is worth nothing.';

const FUNCTIONS = ['aws_lambda_function.*'];

export const ACCEPTED: readonly Accepted[] = [
  {
    check: 'CKV_AWS_115',
    asks: 'a limit of concurrent executions for every function',
    on: FUNCTIONS,
    reason:
      "A reservation is taken from what the account's other functions share, 10 in a new account. What invokes the functions bounds them already: shards times parallelizationFactor, a rule a minute, one operator at a time.",
  },
  {
    check: 'CKV_AWS_116',
    asks: 'a dead-letter queue for every function',
    on: FUNCTIONS,
    reason:
      'It serves asynchronous invocations alone. What the stream function gives up lies in the failed-record bucket, Firehose keeps what it could not have transformed, and what a scheduled run did not do the next one does.',
  },
  {
    check: 'CKV_AWS_144',
    asks: 'replication of every bucket to another region',
    on: ['aws_s3_bucket.*'],
    reason:
      'Copies of payment data in another region are for the operator to decide, under the law that applies to it; the database holds the transactions of the archive as well.',
  },
  {
    check: 'CKV_AWS_145',
    asks: "a customer's key for every bucket",
    on: ['aws_s3_bucket.tap-access-logs'],
    reason:
      "S3 delivers access logs to no bucket under a customer's key. It holds names of objects, none of their contents.",
  },
  {
    check: 'CKV_AWS_173',
    asks: "a customer's key for the environment variables of functions",
    on: FUNCTIONS,
    reason:
      "They hold endpoints and names, and no secret (test/unit/lib/tap-stack.test.ts). AWS's own key encrypts them; one of ours would stand between every cold start and KMS.",
  },
  {
    check: 'CKV_AWS_272',
    asks: 'signed code for every function',
    on: FUNCTIONS,
    reason:
      'The code is bundled from the repository while the program is evaluated, and only who deploys may change it. A signature by the same pipeline would say no more.',
  },
  {
    check: 'CKV_AWS_290',
    asks: 'no write action without constraint',
    on: [
      'aws_iam_role_policy.tap-processor-stream-policy',
      'aws_iam_role_policy.tap-processor-operations-policy',
      'aws_iam_role_policy.tap-alerts-publisher-policy',
      'aws_iam_role_policy.tap-archive-archiver-policy',
    ],
    reason:
      'Lambda checks the network interface actions, which attach a function to the VPC, on every resource. The code of the function is denied the same actions.',
  },
  {
    check: 'CKV_AWS_338',
    asks: 'a year of every log',
    on: [
      'aws_cloudwatch_log_group.tap-processor-stream-log',
      'aws_cloudwatch_log_group.tap-alerts-publisher-log',
      'aws_cloudwatch_log_group.tap-archive-archiver-log',
      'aws_cloudwatch_log_group.tap-archive-delivery-log',
      'aws_cloudwatch_log_group.tap-cache-slow-log',
      'aws_cloudwatch_log_group.tap-cache-engine-log',
    ],
    reason: 'They hold counts and errors, no audit events: 30 days (logRetentionDays). Audit logs are kept for 365.',
  },
  {
    check: 'CKV_AWS_50',
    asks: 'X-Ray tracing for every function',
    on: FUNCTIONS,
    reason:
      "The network has no way to X-Ray, and a trace of the transaction's way is in its verdict; durations are in the metrics.",
  },
  {
    check: 'CKV_AWS_61',
    asks: 'no trust in the whole account',
    on: [
      'aws_iam_role.tap-stream-producer',
      'aws_iam_role.tap-processor-operator',
      'aws_iam_role.tap-processor-approver',
    ],
    reason:
      'Who may take these roles is not known before the stack is configured: producerPrincipals, operatorPrincipals and approverPrincipals name them, and Pulumi.prod.yaml says to set them.',
  },
  {
    check: 'CKV2_AWS_62',
    asks: 'event notifications of every bucket',
    on: ['aws_s3_bucket.*'],
    reason:
      'Nothing acts on single objects. Alarms watch what is delivered and given up, and accesses are logged for a year.',
  },
  {
    check: 'CKV_AWS_293',
    asks: 'protection of the database against deletion',
    on: ['aws_db_instance.tap-database-transactions'],
    in: ['dev'],
    reason: THROWN_AWAY,
  },
  {
    check: 'CKV_AWS_157',
    asks: 'a standby of the database',
    on: ['aws_db_instance.tap-database-transactions'],
    in: ['dev'],
    reason: THROWN_AWAY,
  },
  {
    check: 'CKV2_AWS_50',
    asks: 'a replica of the cache to fail over to',
    on: ['aws_elasticache_replication_group.tap-cache-history'],
    in: ['dev'],
    reason: THROWN_AWAY,
  },
  {
    check: 'CKV_AWS_67',
    asks: 'a trail of all regions',
    on: ['aws_cloudtrail.tap-audit-trail'],
    in: ['prod'],
    reason:
      'With auditTrail data it records the objects and the function of this environment, which lie in one region. With all it does record every region.',
  },
  {
    check: 'CKV_AWS_252',
    asks: 'a message for every file of the trail',
    on: ['aws_cloudtrail.tap-audit-trail'],
    reason: 'Nobody acts on single files. What must be acted on, what happens to keys, EventBridge tells at once.',
  },
  {
    check: 'CKV2_AWS_10',
    asks: 'a copy of the trail in CloudWatch Logs',
    on: ['aws_cloudtrail.tap-audit-trail'],
    reason:
      'The bucket holds it locked and signed. A copy in a log group would be neither, and no alarm needs it: EventBridge tells what happens to keys.',
  },
  {
    check: 'CKV_AWS_73',
    asks: 'X-Ray tracing of the ingest',
    on: ['aws_api_gateway_stage.tap-ingest-stage'],
    reason:
      'Nothing behind it is traced (CKV_AWS_50). The access log has the latency of every request, and of Kinesis in it.',
  },
  {
    check: 'CKV_AWS_120',
    asks: 'a cache of answers of the ingest',
    on: ['aws_api_gateway_stage.tap-ingest-stage'],
    reason: 'Every request puts a record. An answer from a cache would mean that its record was not.',
  },
  {
    check: 'CKV_AWS_225',
    asks: 'a cache of answers for every method of the ingest',
    on: ['aws_api_gateway_method_settings.tap-ingest-limits'],
    reason: 'Every request puts a record. An answer from a cache would mean that its record was not.',
  },
  {
    check: 'CKV2_AWS_4',
    asks: 'an execution log of the ingest',
    on: ['aws_api_gateway_stage.tap-ingest-stage'],
    reason: 'It would hold payloads. The access log tells who sent what kind of request, when, and with which outcome.',
  },
  {
    check: 'CKV2_AWS_51',
    asks: 'a certificate that the ingest shows to what is behind it',
    on: ['aws_api_gateway_stage.tap-ingest-stage'],
    reason: 'Behind it is Kinesis, which knows the role that puts the records. Producers sign every request.',
  },
  {
    check: 'CKV2_AWS_5',
    asks: 'a use for every security group',
    on: ['aws_security_group.tap-ingest-endpoint-producers'],
    reason: 'Its members are the producers in the VPC, which the stack does not make.',
  },
];
