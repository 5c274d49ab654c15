import fc from 'fast-check';
import { checkSuffix, NameError, Names, tightestName } from '../../../lib/naming';

describe('names', () => {
  const names = new Names('dev');

  it('follow {service}-{purpose}-{suffix}', () => {
    expect(names.of('stream')).toBe('kinesis-transactions-dev');
    expect(names.of('processor')).toBe('lambda-processor-dev');
    expect(names.of('operations')).toBe('lambda-operations-dev');
    expect(names.of('database')).toBe('rds-transactions-dev');
    expect(names.of('cache')).toBe('redis-history-dev');
    expect(names.alarm('iterator-age')).toBe('cloudwatch-iterator-age-dev');
    expect(names.alarm('cache-memory', 2)).toBe('cloudwatch-cache-memory-2-dev');
  });

  it.each<[string, boolean]>([
    ['/aws/lambda/lambda-processor-dev', true],
    ['/aws/rds/instance/rds-transactions-dev/postgresql', true],
    ['lambda-operations-dev', true],
    ['/aws/lambda/lambda-processor-dev2', false],
    ['/aws/lambda/other-lambda-processor-dev', false],
    ['/aws/lambda/lambda-processor', false],
  ])('own %p: %p', (path, owned) => {
    expect(names.owns(path)).toBe(owned);
  });

  it('hold the account where they are global, and the family where it is replaced in use', () => {
    expect(names.bucket('failedRecords', '123456789012')).toBe('s3-failed-records-123456789012-dev');
    expect(names.bucket('archive', '123456789012')).toBe('s3-archive-123456789012-dev');
    expect(names.parameterGroup('database', 'postgres17')).toBe('rds-transactions-postgres17-dev');
  });

  it('give log groups the names that services write to by themselves', () => {
    expect(names.logGroups).toEqual({
      processor: '/aws/lambda/lambda-processor-dev',
      operations: '/aws/lambda/lambda-operations-dev',
      publisher: '/aws/lambda/lambda-publisher-dev',
      archiver: '/aws/lambda/lambda-archiver-dev',
      archive: '/aws/kinesisfirehose/firehose-archive-dev',
      ingest: '/aws/apigateway/apigateway-access-dev',
      databasePostgresql: '/aws/rds/instance/rds-transactions-dev/postgresql',
      databaseUpgrade: '/aws/rds/instance/rds-transactions-dev/upgrade',
      databaseSignInErrors: '/aws/rds/instance/rds-transactions-dev/iam-db-auth-error',
      cacheSlowLog: '/aws/elasticache/redis-history-dev/slow-log',
      cacheEngineLog: '/aws/elasticache/redis-history-dev/engine-log',
      flowLogs: '/aws/vpc/ec2-main-dev/flow-logs',
    });
  });
});

describe('the suffix', () => {
  it('is bound by the tightest name, which the error tells', () => {
    expect(tightestName()).toEqual({ pattern: 'redis-processor-<suffix>', limit: 40, longestSuffix: 24 });
    expect(() => checkSuffix('a'.repeat(24))).not.toThrow();
    expect(() => checkSuffix('a'.repeat(25))).toThrow(
      new NameError(
        `"${'a'.repeat(25)}" has 25 characters, and redis-processor-<suffix> leaves it 24 of 40: choose a shorter one`,
      ),
    );
  });

  it.each(['dev', 'pr-123', '7', 'a-b-c'])('may be %p', (suffix) => {
    expect(new Names(suffix).suffix).toBe(suffix);
  });

  it.each(['', 'Dev', 'a_b', 'a--b', '-a', 'a-', 'a.b', '日本', 'a b'])('may not be %p', (suffix) => {
    expect(() => new Names(suffix)).toThrow(
      `"${suffix}" cannot end a resource name: use lower-case letters, digits and single hyphens between them`,
    );
  });

  it('that is accepted keeps every name within what its service takes', () => {
    const suffixes = fc.stringMatching(/^[a-z0-9]{1,12}(-[a-z0-9]{1,11})?$/);
    fc.assert(
      fc.property(suffixes, (suffix) => {
        const names = new Names(suffix);
        expect(names.of('cacheProcessorUser')).toMatch(/^(?!.*--)[a-z][a-z0-9-]{0,38}[a-z0-9]$/);
        expect(names.of('cacheUserGroup')).toMatch(/^(?!.*--)[a-z][a-z0-9-]{0,38}[a-z0-9]$/);
        expect(names.of('cache')).toMatch(/^(?!.*--)[a-z][a-z0-9-]{0,38}[a-z0-9]$/);
        expect(names.of('database')).toMatch(/^(?!.*--)[a-z][a-z0-9-]{0,61}[a-z0-9]$/);
        expect(names.of('databaseMonitoringRole').length).toBeLessThanOrEqual(64);
        expect(names.of('operations').length).toBeLessThanOrEqual(64);
        expect(names.of('archive').length).toBeLessThanOrEqual(64);
        expect(names.bucket('failedRecords', '1'.repeat(12))).toMatch(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/);
      }),
    );
  });
});
