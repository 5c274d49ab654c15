import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { POLICIES } from '../../../policy/all';
import { CLAUSES, type Clause, type ClauseId, STANDARDS, standardOf } from '../../../policy/clauses';
import { CONTROLS } from '../../../policy/controls';

const PROJECT = path.resolve(__dirname, '../../..');
const ids = Object.keys(CLAUSES) as ClauseId[];
const clauses: Record<ClauseId, Clause> = CLAUSES;
const served = new Set([...POLICIES, ...CONTROLS].flatMap((control) => control.clauses));

test('a clause without a control says why, and what is left to do', () => {
  const unserved = ids.filter((id) => !served.has(id));
  expect(unserved.filter((id) => clauses[id].outside === undefined || clauses[id].operator === undefined)).toEqual([]);
});

test('a clause with a control does not say that there is none', () => {
  expect(ids.filter((id) => served.has(id) && clauses[id].outside !== undefined)).toEqual([]);
});

test('every clause belongs to a standard, and every standard has clauses', () => {
  expect([...new Set(ids.map(standardOf))]).toEqual(Object.keys(STANDARDS));
});

test('nothing serves a clause twice', () => {
  for (const { name, clauses: listed } of [...POLICIES, ...CONTROLS]) {
    expect([name, listed.filter((id, index) => listed.indexOf(id) !== index)]).toEqual([name, []]);
  }
});

test('what shows a control is there', () => {
  const { scripts } = JSON.parse(readFileSync(path.join(PROJECT, 'package.json'), 'utf8'));
  const missing = CONTROLS.flatMap(({ shown }) => shown).filter((place) =>
    place.startsWith('npm run ')
      ? !(place.slice('npm run '.length) in scripts)
      : !existsSync(path.join(PROJECT, place)),
  );
  expect(missing).toEqual([]);
});
