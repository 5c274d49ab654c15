import type { Pool } from 'pg';
import { problemsOf } from '../../../../local/drill/outcome';
import { asRecord, bytes, T0, transaction } from '../../../helpers/transactions';

const records = ['a', 'b', 'b'].map((transactionId) => ({
  data: bytes(asRecord(transaction({ transactionId, customerId: transactionId, paymentToken: transactionId }))),
  now: T0,
}));
records.push({ data: bytes('{'), now: T0 });

/** A database that answers each of the questions in turn. */
function holding(...answers: unknown[][]): Pool {
  return { query: async () => ({ rows: answers.shift() }) } as unknown as Pool;
}

const STORED = [['a'], ['b']];
const PLAIN = { decision: 'allow', score: 0, reasons: [] };
const VERDICTS = [
  { transaction_id: 'a', ...PLAIN },
  { transaction_id: 'b', ...PLAIN },
];
const QUARANTINE = [{ reason: 'not-json', count: '1' }];

test('what was sent, refused and judged once is no problem', async () => {
  expect(await problemsOf(holding(STORED, [], [], VERDICTS, [], [], QUARANTINE), records)).toEqual([]);
});

test.each([
  ['lost', holding([['a']], [], [], VERDICTS, [], [], QUARANTINE), '1 transactions were lost, b for one'],
  [
    'unknown',
    holding([...STORED, ['c']], [], [], VERDICTS, [], [], QUARANTINE),
    '1 transactions were never sent, c for one',
  ],
  [
    'double',
    holding([...STORED, ['a']], [], [], VERDICTS, [], [], QUARANTINE),
    '1 transactions are stored twice, a for one',
  ],
  [
    'not judged',
    holding(STORED, [['a'], ['b']], [], VERDICTS, [], [], QUARANTINE),
    '2 transactions were never judged, a for one',
  ],
  [
    'judged twice',
    holding(STORED, [], [['b']], VERDICTS, [], [], QUARANTINE),
    '1 transactions were judged on arrival twice, b for one',
  ],
  [
    'another verdict',
    holding(STORED, [], [], [{ ...VERDICTS[0], score: 10 }, VERDICTS[1]], [], [], QUARANTINE),
    '1 verdicts are not those of a brute-force computation, a for one',
  ],
  [
    'a verdict on too little',
    holding(STORED, [], [], VERDICTS, [['b']], [], QUARANTINE),
    '1 verdicts rest on less than 24 hours of history, b for one',
  ],
  [
    'an alert of another decision',
    holding(STORED, [], [], VERDICTS, [], [['b']], QUARANTINE),
    '1 alerts are not what the verdicts are, b for one',
  ],
  [
    'not quarantined',
    holding(STORED, [], [], VERDICTS, [], [], []),
    '0 records are in quarantine as not-json instead of 1',
  ],
  [
    'quarantined for nothing',
    holding(STORED, [], [], VERDICTS, [], [], [...QUARANTINE, { reason: 'too-deep', count: '2' }]),
    '2 records are in quarantine as too-deep instead of 0',
  ],
])('%s is a problem', async (_, database, problem) => {
  expect(await problemsOf(database, records)).toEqual([problem]);
});
