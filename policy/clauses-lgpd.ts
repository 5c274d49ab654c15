import type { Clause } from './clauses';

/** Articles of the LGPD; with a Roman numeral, one item of an article. */
export const LGPD = {
  'LGPD 6 III': { asks: 'No more data is processed than the purpose needs.' },
  'LGPD 6 VII': { asks: 'Technical measures protect data against access, destruction, loss and change.' },
  'LGPD 6 X': { asks: 'The controller can show which measures it took, and that they work.' },
  'LGPD 16': {
    asks: 'Data is deleted when its processing has ended, with few exceptions.',
    operator: 'Decide how long days stay in the database, and drop them (docs/operations.md).',
  },
  'LGPD 18': {
    asks: 'A person gets access to, correction and deletion of their data on request.',
    operator: 'Take the request and answer it; customer, verdicts and reasons are found with the operations function.',
  },
  'LGPD 20': {
    asks: 'A person gets a review of decisions made by a machine alone, and the criteria behind them.',
    operator: 'Offer the review; verdicts say their reasons and figures, and analysts record what they decide.',
  },
  'LGPD 33': {
    asks: 'Data leaves Brazil only under conditions.',
    operator: 'See to the conditions if data of persons in Brazil is processed in the region of the stack.',
  },
  'LGPD 37': {
    asks: 'Controller and operator keep a record of what they process.',
    operator: 'Enter this system, its purpose and its retention in the record.',
  },
  'LGPD 41': {
    asks: 'The controller names a data protection officer.',
    outside: 'A person, not a system.',
    operator: 'Name an officer, and publish how to reach them.',
  },
  'LGPD 46': { asks: 'Security measures protect data from design on.' },
  'LGPD 48': {
    asks: 'An incident that may harm is told to the authority and those concerned within three business days.',
    operator: 'Have the notice ready; the runbook tells what each alarm means.',
  },
} as const satisfies Record<`LGPD ${string}`, Clause>;
