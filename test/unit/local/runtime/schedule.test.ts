import type { InvokeResult } from '../../../../local/runtime/function';
import { type Schedule, Schedules } from '../../../../local/runtime/schedule';

const publish: Schedule = { name: 'publish', periodMs: 60_000, functionArn: 'arn:publisher', event: {} };
const rebuild: Schedule = { name: 'rebuild', periodMs: 90_000, functionArn: 'arn:operations:operate', event: { a: 1 } };

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test('every schedule runs after each of its periods, until the end', async () => {
  const invoked: string[] = [];
  const schedules = new Schedules([publish, rebuild], async ({ functionArn }) => {
    invoked.push(functionArn);
    return { result: null };
  });
  schedules.start();
  expect(invoked).toEqual([]);
  await jest.advanceTimersByTimeAsync(180_000);
  expect(invoked).toEqual([
    'arn:publisher',
    'arn:operations:operate',
    'arn:publisher',
    'arn:operations:operate',
    'arn:publisher',
  ]);
  schedules.stop();
  await jest.advanceTimersByTimeAsync(180_000);
  expect(invoked).toHaveLength(5);
});

test('a function that fails is told, and invoked again', async () => {
  const error = { errorType: 'PublisherError', errorMessage: 'the database is away' };
  const answers: InvokeResult[] = [{ error }, { result: null }, { error }];
  const schedules = new Schedules([publish], async () => answers.shift() as InvokeResult);
  const failures: unknown[] = [];
  schedules.on('failed', (schedule, failed) => failures.push([schedule.name, failed]));
  schedules.start();
  await jest.advanceTimersByTimeAsync(180_000);
  expect(failures).toEqual([
    ['publish', error],
    ['publish', error],
  ]);
  schedules.stop();
});
