import { type Resource, UNKNOWN } from '../../../../policy/policy';
import { type Evidence, type EvidenceInput, evidenceOf } from '../../../../scripts/evidence/evidence';
import { asMarkdown } from '../../../../scripts/evidence/markdown';
import { environment } from '../../../helpers/graph';

const ABOUT = {
  stack: 'dev',
  environmentSuffix: 'dev',
  region: 'ap-northeast-1',
  date: '2026-11-21',
  commit: 'c0ffee',
};
const STREAM = 'aws:kinesis/stream:Stream';

let resources: Resource[];
beforeAll(async () => {
  resources = await environment('defaults');
});

/** The same resources with other properties of one. */
const but = (type: string, properties: object, partial = false): Resource[] =>
  resources.map((resource) => {
    const changed = resource.type === type ? { ...resource.properties, ...properties } : resource.properties;
    return { ...resource, properties: changed, ...(partial && { partial }) };
  });

const evidence = (more: Partial<EvidenceInput> = {}) => evidenceOf({ ...ABOUT, resources, ...more });

const clause = ({ clauses }: Evidence, id: string) => clauses.find((one) => one.id === id);

const findingsOn = ({ policies }: Evidence, policy: string, type: string) =>
  policies.find(({ name }) => name === policy)?.findings.filter((finding) => finding.type === type);

/** The rows of the table below a heading. */
const rowsBelow = (markdown: string, heading: string): string[] => {
  const lines = markdown.split('\n');
  const rows = lines.slice(lines.indexOf(heading) + 1).filter((line) => line !== '');
  const start = rows.findIndex((line) => line.startsWith('|'));
  const end = rows.findIndex((line, index) => index > start && !line.startsWith('|'));
  return rows.slice(start + 2, end < 0 ? undefined : end);
};

test('a finding names the resource by URN and physical name, and the value that proves it', () => {
  const urn =
    'urn:pulumi:dev::tap-stack::tap:stack:TapStack$tap:stream:Stream$aws:kinesis/stream:Stream::tap-stream-transactions';
  const about = { urn, type: STREAM, resource: 'kinesis-transactions-dev', state: 'met' };
  expect(findingsOn(evidence(), 'stores-encrypted', STREAM)).toEqual([
    { ...about, subject: 'encryptionType', value: 'KMS' },
    { ...about, subject: 'kmsKeyId', value: 'the data key' },
  ]);
});

test('an exception says why it stands', () => {
  const logged = findingsOn(evidence(), 'buckets-log-access', 'aws:s3/bucket:Bucket');
  expect(logged?.map(({ resource, value, state }) => [resource, value, state])).toEqual([
    ['s3-access-logs-123456789012-dev', 'not set', 'exception'],
    ['s3-archive-123456789012-dev', 'tap-access-logs', 'met'],
    ['s3-failed-records-123456789012-dev', 'tap-access-logs', 'met'],
  ]);
  expect(logged?.[0]?.why).toBe(
    'a bucket that logged accesses to itself would never come to an end; a trail with data events sees them',
  );
});

test('a clause is covered, covered in part, or not at all', () => {
  expect(clause(evidence(), 'PCI 10.5.1')).toEqual({
    id: 'PCI 10.5.1',
    asks: 'Audit logs are kept for twelve months, three of them at hand.',
    state: 'held',
    policies: ['logs-kept', 'objects-expire'],
    controls: [],
  });
  expect(clause(evidence(), 'PCI 12.10.1')).toMatchObject({
    state: 'shared',
    policies: [],
    controls: ['each alarm has its runbook entry'],
  });
  expect(clause(evidence(), 'PCI 9.1.1')).toMatchObject({ state: 'outside', policies: [], controls: [] });
});

test('a control counts only where its setting is on', async () => {
  const stopped = 'PCI 10.2.1.6';
  const copied = 'PCI 10.3.3';
  expect(clause(evidence(), stopped)).toMatchObject({
    state: 'outside',
    controls: [],
    switchedOff: ['auditTrail all'],
  });
  expect(rowsBelow(asMarkdown(evidence()), '## What is not covered')).toContain(
    '| PCI 10.2.1.6 | Starting, stopping and pausing of audit logs is logged. | A control for it is switched off (auditTrail all). |',
  );

  const data = evidence({ resources: await environment('prod') });
  expect(clause(data, copied)).toMatchObject({
    state: 'shared',
    controls: ['a trail records who touches payment records'],
  });
  expect(clause(data, stopped)?.state).toBe('outside');
  expect(data.controls.map(({ name }) => name)).not.toContain('requests over HTTPS are signed and checked');

  const all = evidence({ resources: await environment('everything on') });
  expect(clause(all, stopped)).toMatchObject({
    state: 'shared',
    controls: ['a trail records what happens in the account'],
  });
  expect(all.controls.map(({ name }) => name)).toContain('requests over HTTPS are signed and checked');
});

test('a violation shows in its clauses, and first of all in the document', () => {
  const broken = evidence({ resources: but(STREAM, { encryptionType: 'NONE' }) });
  expect(clause(broken, 'PCI 3.5.1')?.state).toBe('violated');
  expect(clause(broken, 'PCI 10.5.1')?.state).toBe('held');
  expect(rowsBelow(asMarkdown(broken), '## Violations')).toEqual([
    '| stores-encrypted | kinesis-transactions-dev | encryptionType | `NONE` |  | PCI 3.5.1, PCI 3.6.1, PCI 8.3.2, PCI 10.3.2, APPI 23, APPI GL 10-6(3), LGPD 6 VII, LGPD 46 |',
  ]);
  expect(asMarkdown(evidence())).not.toContain('## Violations');
});

test('where the account was asked, each finding says whether it agrees, differs or could not be read', () => {
  const asked = evidence({
    deployed: {
      account: '123456789012',
      resources: but(STREAM, { encryptionType: 'NONE', kmsKeyId: UNKNOWN, retentionPeriod: 24 }, true),
      unread: ['tap-stream-transactions: AccessDenied'],
    },
  });
  const [type, key] = findingsOn(asked, 'stores-encrypted', STREAM) ?? [];
  expect([type?.state, type?.account]).toEqual(['met', { value: 'NONE', state: 'violated' }]);
  expect(key?.account).toEqual({ value: 'not known yet', state: 'unknown' });
  expect(findingsOn(asked, 'data-kept', STREAM)?.[0]?.account).toEqual({ value: '24', state: 'met' });
  expect(clause(asked, 'PCI 3.5.1')?.state).toBe('violated');

  const markdown = asMarkdown(asked);
  expect(markdown).toContain('Not read in the account: tap-stream-transactions: AccessDenied.');
  expect(markdown).toContain(
    `| ${STREAM} | kinesis-transactions-dev | encryptionType | \`KMS\` | met | **violated**: \`NONE\` |`,
  );
  expect(markdown).toContain(
    `| ${STREAM} | kinesis-transactions-dev | retentionPeriod | \`24\` | met | met, the same |`,
  );
});

test('the document says what is not covered, what is left to the operator, and what is there', () => {
  const markdown = asMarkdown(evidence());
  expect(rowsBelow(markdown, '## What is not covered')).toContain(
    '| PCI 9.1.1 | Physical access to systems that hold card data is restricted. | Everything runs in AWS data centres. |',
  );
  expect(markdown).toContain('- [ ] **APPI 35 ~** Take the request, decide on it, and answer.');
  expect(rowsBelow(markdown, '## Inventory')).toContain(
    `| stream | ${STREAM} | tap-stream-transactions | kinesis-transactions-dev |`,
  );
  expect(rowsBelow(markdown, '## Summary')).toHaveLength(3);
  expect(rowsBelow(markdown, '## PCI DSS')).toContainEqual(
    expect.stringMatching(
      /^\| PCI 10\.5\.1 \| [^|]+ \| covered \| \[logs-kept\]\(#logs-kept\) \(\d+ met\), \[objects-expire\]\(#objects-expire\) \(\d+ met\) \|$/,
    ),
  );
});

test('resources of which the same is said share a row, which names six', () => {
  const [row] = rowsBelow(asMarkdown(evidence()), '### alarms-notify');
  expect(row).toMatch(
    /^\| aws:cloudwatch\/metricAlarm:MetricAlarm \| (cloudwatch-[\w-]+, ){5}cloudwatch-[\w-]+ and \d+ more \| alarmActions \| `1 topic` \| met \|$/,
  );
});

test('two evaluations say the same to the byte, and nothing secret', async () => {
  const again = evidenceOf({ ...ABOUT, resources: await environment('defaults') });
  expect(JSON.stringify(again)).toBe(JSON.stringify(evidence()));
  expect(JSON.stringify(again)).not.toContain('never-deployed');
  expect(asMarkdown(again)).toBe(asMarkdown(evidence()));
});
