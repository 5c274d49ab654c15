import { POLICIES } from '../../../policy/all';
import { CLAUSES, type Clause } from '../../../policy/clauses';
import { plain, readDocument, tableOf } from './document';

const compliance = readDocument('docs/compliance.md');

test('names every policy and says what it holds', () => {
  const documented = tableOf(compliance, '| policy | holds that |').map(([name, holds]) => [
    plain(name as string),
    holds,
  ]);
  expect(documented).toEqual(POLICIES.map(({ name, description }) => [name, description]));
});

test('names the clauses whose numbers could not be compared', () => {
  const clauses: Record<string, Clause> = CLAUSES;
  expect(Object.keys(clauses).filter((id) => clauses[id]?.checked === false)).toEqual(['APPI 35', 'APPI GL 10-7']);
});
