import { POLICIES } from '../../../policy/all';
import { STORES } from '../../../policy/encryption';
import { findingsOf, type Resource } from '../../../policy/policy';
import { ENVIRONMENTS, environment, unneeded, violationsOf } from '../../helpers/graph';

const graphs: Record<string, Resource[]> = {};
const graph = (name: string) => graphs[name] ?? [];

describe.each(Object.keys(ENVIRONMENTS))('%s', (name) => {
  beforeAll(async () => {
    graphs[name] = await environment(name);
  });

  it('holds to every policy', () => {
    expect(violationsOf(POLICIES, graph(name))).toEqual([]);
  });

  it('leaves nothing unknown to a policy', () => {
    const unknown = POLICIES.flatMap((policy) =>
      findingsOf(policy, graph(name)).filter((one) => one.verdict === 'unknown'),
    );
    expect(unknown).toEqual([]);
  });
});

test('every exception is needed', () => {
  expect(unneeded(POLICIES, Object.values(graphs))).toEqual([]);
});

test('an exception that nothing needs is noticed', () => {
  const withoutBudget = graph('defaults');
  expect(unneeded(POLICIES, [withoutBudget]).map(({ subject }) => subject)).toEqual(
    expect.arrayContaining(['BudgetReachesTheTopic: Action', 'BudgetReachesTheTopic: Principal', 'counterpart']),
  );
});

test('every policy finds something to look at, and encryption every store', () => {
  const idle = POLICIES.filter((policy) => findingsOf(policy, graph('prod')).length === 0);
  expect(idle.map(({ name }) => name)).toEqual([]);

  const encrypted = POLICIES.find(({ name }) => name === 'stores-encrypted');
  const looked =
    encrypted === undefined ? [] : findingsOf(encrypted, graph('prod')).map(({ resource }) => resource.urn);
  const stores = graph('prod').filter(({ type }) => type in STORES);
  expect([...new Set(looked)].sort()).toEqual(stores.map(({ urn }) => urn).sort());
});

test('no policy says two things of one subject', () => {
  for (const policy of POLICIES) {
    const subjects = findingsOf(policy, graph('prod')).map(({ resource, subject }) => `${resource.urn} ${subject}`);
    expect(subjects.filter((subject, index) => subjects.indexOf(subject) !== index)).toEqual([]);
  }
});

test('names and descriptions are told apart', () => {
  for (const texts of [POLICIES.map(({ name }) => name), POLICIES.map(({ description }) => description)]) {
    expect(new Set(texts).size).toBe(POLICIES.length);
  }
});
