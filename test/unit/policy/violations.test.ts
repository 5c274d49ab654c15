import { POLICIES } from '../../../policy/all';
import type { Resource } from '../../../policy/policy';
import { environment, violationsOf } from '../../helpers/graph';
import { ACCESS } from './violations/access';
import { BUCKETS } from './violations/buckets';
import type { Change } from './violations/change';
import { DESTROY } from './violations/destroy';
import { ENCRYPTION } from './violations/encryption';
import { EXPOSURE } from './violations/exposure';
import { LOGGING } from './violations/logging';
import { NAMING } from './violations/naming';
import { RETENTION } from './violations/retention';
import { SIGN_IN } from './violations/sign-in';
import { TRANSPORT } from './violations/transport';

const CASES = [
  ...ACCESS,
  ...BUCKETS,
  ...DESTROY,
  ...ENCRYPTION,
  ...EXPOSURE,
  ...LOGGING,
  ...NAMING,
  ...RETENTION,
  ...SIGN_IN,
  ...TRANSPORT,
];

let graph: Resource[];
beforeAll(async () => {
  graph = (await environment('prod')).filter(({ type }) => type.startsWith('aws:'));
});

function after(...changes: Change[]): string[] {
  const copy = graph.map(
    ({ urn, type, name, properties, protect, defaultTags, references }): Resource =>
      structuredClone({ urn, type, name, properties: data(properties), protect, defaultTags, references }),
  );
  for (const change of changes) change(copy);
  return violationsOf(POLICIES, copy);
}

/** Without the archives of functions, which cannot be copied and which no policy looks at. */
const data = ({ code: _, ...properties }: Resource['properties']) => properties;

test.each(CASES)('%s', (_, change, messages) => {
  expect(after(change).sort()).toEqual([...messages].sort());
});

test('the graph without a change is as it should be', () => {
  expect(after()).toEqual([]);
});

test('every policy has been violated once', () => {
  const violated = new Set(CASES.flatMap(([, , messages]) => messages.map((message) => message.split(', ')[0])));
  expect(POLICIES.map(({ name }) => name).filter((name) => !violated.has(name))).toEqual([]);
});
