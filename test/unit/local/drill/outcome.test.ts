import type { Pool } from 'pg';
import { problemsOf } from '../../../../local/drill/outcome';
import { asRecord, bytes, T0, transaction } from '../../../helpers/transactions';

const records = ['a', 'b', 'b'].map((transactionId) => ({
  data: bytes(asRecord(transaction({ transactionId }))),
  now: T0,
}));
records.push({ data: bytes('{'), now: T0 });

/** A database that answers each of the questions in turn. */
function holding(...answers: unknown[][]): Pool {
  return { query: async () => ({ rows: answers.shift() }) } as unknown as Pool;
}

const STORED = [['a'], ['b']];
const QUARANTINE = [{ reason: 'not-json', count: '1' }];

test('what was sent, refused and judged once is no problem', async () => {
  expect(await problemsOf(holding(STORED, [], [], QUARANTINE), records)).toEqual([]);
});

test.each([
  ['lost', holding([['a']], [], [], QUARANTINE), '1 transactions were lost, b for one'],
  ['unknown', holding([...STORED, ['c']], [], [], QUARANTINE), '1 transactions were never sent, c for one'],
  ['double', holding([...STORED, ['a']], [], [], QUARANTINE), '1 transactions are stored twice, a for one'],
  ['not judged', holding(STORED, [['a'], ['b']], [], QUARANTINE), '2 transactions were never judged, a for one'],
  ['judged twice', holding(STORED, [], [['b']], QUARANTINE), '1 transactions were judged on arrival twice, b for one'],
  ['not quarantined', holding(STORED, [], [], []), '0 records are in quarantine as not-json instead of 1'],
  [
    'quarantined for nothing',
    holding(STORED, [], [], [...QUARANTINE, { reason: 'too-deep', count: '2' }]),
    '2 records are in quarantine as too-deep instead of 0',
  ],
])('%s is a problem', async (_, database, problem) => {
  expect(await problemsOf(database, records)).toEqual([problem]);
});
