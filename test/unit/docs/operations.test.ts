import { readdirSync } from 'node:fs';
import path from 'node:path';
import { type Alarm, alarms } from '../../../lib/alarms';
import { ALARM_PURPOSES, Names } from '../../../lib/naming';
import { PROJECT, plain, readDocument, tableOf } from './document';

const document = readDocument('docs/operations.md');

/** The alarms of the default configuration; those of the cache for one node. */
const defaults = alarms({
  streamName: 'stream',
  processorFunctionName: 'function',
  eventSourceMappingId: 'mapping',
  cacheNodeIds: ['node'],
  dbInstanceIdentifier: 'database',
  databaseStorageGib: 100,
  peakTransactionsPerMinute: 1_000,
});

function condition(alarm: Alarm): string {
  const operator = alarm.comparisonOperator === 'GreaterThanThreshold' ? '>' : '<';
  const missing = alarm.treatMissingData === 'breaching' ? ', or no data' : '';
  return `\`${alarm.metricName}\` ${alarm.statistic} ${operator} ${alarm.threshold} in ${alarm.evaluationPeriods} x ${alarm.period} s${missing}`;
}

describe('docs/operations.md', () => {
  const rows = tableOf(document, '| alarm | condition | what it means and what to do |');

  test('names every alarm', () => {
    expect(rows.map(([alarm]) => plain(alarm as string))).toEqual(ALARM_PURPOSES);
  });

  test('says when each goes off', () => {
    const documented = Object.fromEntries(rows.map(([alarm, when]) => [plain(alarm as string), when]));
    expect(documented).toEqual(Object.fromEntries(defaults.map((alarm) => [alarm.purpose, condition(alarm)])));
  });

  test('names the alarms, the rule and the dashboard as the stack does', () => {
    const names = new Names('<suffix>'.replace(/\W/g, ''));
    const inDocument = (name: string) => document.includes(`\`${name.replace(/suffix$/, '<suffix>')}\``);
    expect(
      [names.alarm('cache-memory', 1), names.of('keyEventsRule'), names.of('dashboard')].filter(inDocument),
    ).toEqual(['cloudwatch-cache-memory-1-suffix', 'events-keys-suffix', 'cloudwatch-transactions-suffix']);
  });

  test('names every metric of the stream function', () => {
    const handler = readDocument('processor/handler.ts');
    const metrics = [...handler.matchAll(/addMetric\('(\w+)'/g)].map(([, name]) => `\`${name}\``);
    expect(metrics).toHaveLength(9);
    expect(metrics.filter((metric) => !document.includes(metric))).toEqual([]);
  });

  test('names every table and view of the schema', () => {
    const folder = path.join(PROJECT, 'processor/migrations');
    const sql = [
      ...readdirSync(folder)
        .filter((file) => file.endsWith('.sql'))
        .map((file) => readDocument(`processor/migrations/${file}`)),
      readDocument('processor/operations/migrate.ts'),
    ].join('\n');
    const created = [...sql.matchAll(/CREATE (?:TABLE|VIEW) (?:IF NOT EXISTS )?tap\.(\w+)/g)].map(([, name]) => name);
    const documented = tableOf(document, '| table or view | one row is |').map(([name]) => plain(name as string));
    expect(documented.sort()).toEqual(created.sort());
  });
});
