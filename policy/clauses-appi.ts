import type { Clause } from './clauses';

/** Articles of the Act (APPI), and what the guidelines' chapter 10 lists as security measures (GL). */
export const APPI = {
  'APPI 22': {
    asks: 'Personal data is correct as far as its purpose needs, and is deleted when it is no longer needed.',
    operator: 'Decide how long days stay in the database, and drop them (docs/operations.md).',
  },
  'APPI 23': { asks: 'Personal data is protected against leakage, loss and damage.' },
  'APPI 24': {
    asks: 'Employees who handle personal data are supervised.',
    outside: 'Supervision of people is up to the operator.',
    operator: 'Read the audit trail for what operators looked up.',
  },
  'APPI 25': {
    asks: 'Those whom handling is entrusted to are supervised.',
    outside: 'Contracts with AWS and with subscribers of alerts are up to the operator.',
    operator: "Keep AWS's terms and reports for Japan on file.",
  },
  'APPI 26': {
    asks: 'A leak that endangers rights is reported to the commission (first in 3 to 5 days, in full in 30 or 60) and told to those concerned.',
    operator: 'Have the report ready; who was affected can be counted in the database and the audit trail.',
  },
  'APPI 28': {
    asks: 'Personal data goes to third parties abroad only under conditions.',
    operator: 'Keep the region in Japan (the default is Tokyo) or see to the conditions of the transfer.',
  },
  'APPI 35': {
    asks: 'On request, use of personal data ceases or it is erased where the law says so.',
    operator: 'Take the request, decide on it, and answer.',
    checked: false,
  },
  'APPI GL 10-1': {
    asks: 'A basic policy on handling personal data.',
    outside: 'An organisation writes it.',
    operator: 'Write a basic policy, and publish it.',
  },
  'APPI GL 10-2': {
    asks: 'Rules for handling at each stage from acquisition to disposal.',
    operator:
      'Adopt docs/security.md and docs/operations.md as the rules for this system, or refer to them from yours.',
  },
  'APPI GL 10-3': {
    asks: 'Organisational measures: responsibilities, handling by the rules, means to check it, reaction to leaks, review.',
    operator: 'Name who is responsible, and review this document when the stack changes.',
  },
  'APPI GL 10-4': {
    asks: 'Measures on people: training and confidentiality.',
    outside: 'Training is up to the operator.',
    operator: 'Train operators and approvers.',
  },
  'APPI GL 10-5': {
    asks: 'Physical measures: areas, theft, media, disposal of equipment.',
    outside: 'Everything runs in AWS data centres; the stack writes to no removable media.',
    operator: "Keep AWS's reports on file, and protect the terminals of operators.",
  },
  'APPI GL 10-6(1)': { asks: 'Technical measure: access is limited to those, and to the data, that need it.' },
  'APPI GL 10-6(2)': { asks: 'Technical measure: who gets access is identified and authenticated.' },
  'APPI GL 10-6(3)': { asks: 'Technical measure: protection against unauthorised access from outside and malware.' },
  'APPI GL 10-6(4)': { asks: 'Technical measure: no leakage through the use of the system, on the way included.' },
  'APPI GL 10-7': {
    asks: 'Where data is handled abroad, the rules there are known and taken into account.',
    operator: 'Note the region; for one outside Japan, find out about its rules.',
    checked: false,
  },
} as const satisfies Record<`APPI ${string}`, Clause>;
