import { reportOf } from '../../../../local/drill/report';

const RESULT = {
  seed: 7,
  put: 2_000,
  strikes: [
    { fault: 'valkey' as const, recoveredMs: 1_240 },
    { fault: 'valkey' as const, recoveredMs: 800 },
    { fault: 'worker' as const },
  ],
  failedAttempts: 12,
  problems: [],
};

test('says what was done, how soon it went on, and that nothing is amiss', () => {
  expect(reportOf(RESULT)).toEqual([
    'Drill of seed 7: 2000 records put, 3 faults, 12 attempts failed and were made again',
    '  valkey      2 times, a batch stored again after 1.2, 0.8 s',
    '  postgres    0 times, a batch stored again after - s',
    '  worker      1 times, a batch stored again after - s, not after 1',
    '  connection  0 times, a batch stored again after - s',
    '  Nothing is lost, nothing is double, and all verdicts are those of a brute-force computation.',
  ]);
});

test('names every problem', () => {
  expect(reportOf({ ...RESULT, problems: ['1 transactions were lost, a for one', 'b'] }).slice(5)).toEqual([
    '! 1 transactions were lost, a for one',
    '! b',
  ]);
});
