import { findingsOf } from '../../../policy/policy';
import { logsKept } from '../../../policy/retention';
import { environment } from '../../helpers/graph';

test('a year is asked of every log group that destroy may not delete, and of no other', async () => {
  const groups = (await environment('open to producers outside')).filter(
    ({ type }) => type === 'aws:cloudwatch/logGroup:LogGroup',
  );
  const asked = groups.filter((group) => {
    const short = { ...group, properties: { ...group.properties, retentionInDays: 30 } };
    return findingsOf(logsKept, [short]).some(({ verdict }) => verdict === 'violated');
  });
  const guarded = groups.filter(({ protect }) => protect);
  expect(asked.map(({ name }) => name)).toEqual(guarded.map(({ name }) => name));
  expect(guarded.map(({ name }) => name)).toContain('tap-ingest-log');
});
