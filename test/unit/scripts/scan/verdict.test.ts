import { ACCEPTED } from '../../../../scripts/scan/accepted';
import { problemsOf } from '../../../../scripts/scan/verdict';

const failed = (resource: string, graph = 'prod') => ({
  graph,
  check: 'CKV_1',
  title: 'Ensure it',
  resource,
  passed: false,
});
const accept = (on: string[], inGraphs?: string[]) => ({
  check: 'CKV_1',
  asks: 'it',
  on,
  in: inGraphs,
  reason: 'None.',
});

test('a failed check needs a reason, for that resource', () => {
  expect(problemsOf([failed('aws_sns_topic.a')], [])).toEqual(['prod: aws_sns_topic.a fails CKV_1 (Ensure it)']);
  expect(problemsOf([failed('aws_sns_topic.a')], [accept(['aws_sns_topic.a'])])).toEqual([]);
  expect(problemsOf([failed('aws_sns_topic.a'), failed('aws_sns_topic.ab')], [accept(['aws_sns_topic.a'])])).toEqual([
    'prod: aws_sns_topic.ab fails CKV_1 (Ensure it)',
  ]);
  expect(problemsOf([failed('aws_sns_topic.a'), failed('aws_sns_topic.b')], [accept(['aws_sns_topic.*'])])).toEqual([]);
});

test('a reason may hold in one environment only', () => {
  const results = [failed('aws_sns_topic.a', 'dev'), failed('aws_sns_topic.a', 'prod')];
  expect(problemsOf(results, [accept(['aws_sns_topic.a'], ['dev'])])).toEqual([
    'prod: aws_sns_topic.a fails CKV_1 (Ensure it)',
  ]);
});

test('a reason that no failed check needs has to go', () => {
  expect(problemsOf([{ ...failed('aws_sns_topic.a'), passed: true }], [accept(['aws_sns_topic.*'])])).toEqual([
    'scripts/scan/accepted.ts explains CKV_1 on aws_sns_topic.*, where it does not fail',
  ]);
});

test('every reason is written', () => {
  expect(ACCEPTED.filter(({ asks, reason }) => asks.length < 10 || !/^[A-Z].{40,}\.$/.test(reason))).toEqual([]);
});
