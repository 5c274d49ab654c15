import { spawnSync } from 'node:child_process';
import { DRILLED } from '../../../local/drill/alarms';
import { evaluateStack } from '../../helpers/stack';
import { codeBlocks, readDocument } from './document';

const ALARM = 'aws:cloudwatch/metricAlarm:MetricAlarm';
const runbook = readDocument('docs/runbook.md');
const [preface = '', ...sections] = runbook.split(/^## /m);
const entries = new Map(
  sections.map((section) => {
    const [title = '', ...body] = section.split('\n');
    return [title.replaceAll('`', ''), body.join('\n')] as const;
  }),
);

let stack: Awaited<ReturnType<typeof evaluateStack>>;
beforeAll(async () => {
  stack = await evaluateStack({ stack: 'prod', config: { ingest: 'public' } });
});

/** Alarms by purpose: those of the cache stand once per node. */
const purposes = () =>
  new Set(stack.ofType(ALARM).map(({ inputs }) => inputs.name.replace(/^cloudwatch-(.*?)(-\d)?-prod$/, '$1')));

test('every alarm of the stack has an entry, and every entry is of an alarm', () => {
  expect([...entries.keys()].sort()).toEqual([...purposes()].sort());
});

test.each([...entries])('%s has its meaning, three commands and an escalation', (_, body) => {
  const commands = codeBlocks(body, 'sh').flatMap((block) => block.trimEnd().split('\n'));
  expect(commands).toHaveLength(3);
  expect(body).toMatch(/^\n\*\*Meaning\.\*\* [A-Z].{40,}\n\n```sh\n/);
  expect(body).toMatch(/\n```\n\n\*\*Escalation\.\*\* [A-Z].{20,}\n+$/);
});

test('commands name outputs that the stack has', () => {
  const named = [...runbook.matchAll(/\$\(out (\w+)/g)].map(([, name]) => name as string);
  expect(named.filter((name) => !Object.hasOwn(stack.stackOutputs, name))).toEqual([]);
});

test('commands ask for metrics by the dimension that an alarm on the same namespace uses', () => {
  const dimensions = new Set(
    stack.ofType(ALARM).map(({ inputs }) => `${inputs.namespace} ${Object.keys(inputs.dimensions)}`),
  );
  const asked = [...runbook.matchAll(/^metric (\S+) \w+ (\w+)=/gm)].map(([, space, key]) => `${space} ${key}`);
  expect(asked.length).toBeGreaterThan(20);
  expect(asked.filter((pair) => !dimensions.has(pair))).toEqual([]);
});

test('commands are what a shell takes', () => {
  const script = codeBlocks(runbook, 'sh').join('\n');
  expect(spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
});

test('the preface defines the shorthand that commands use', () => {
  const defined = [...preface.matchAll(/^(\w+)\(\) \{/gm)].map(([, name]) => name);
  const used = new Set(
    sections.flatMap((section) =>
      codeBlocks(section, 'sh').flatMap((block) => [...block.matchAll(/^(\w+)/gm)].map(([, name]) => name)),
    ),
  );
  used.delete('aws');
  used.add('out');
  expect([...used].sort()).toEqual(defined.sort());
});

test('the preface names the alarms there is a drill for', () => {
  const said = /`npm run drill -- --alarm NAME`(.*?)The others/s.exec(preface)?.[1] ?? '';
  expect([...said.matchAll(/`([\w-]+)`/g)].map(([, name]) => name).sort()).toEqual([...DRILLED].sort());
});
