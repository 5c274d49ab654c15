import path from 'node:path';
import { ENTRY_POINTS } from '../../../../lib/compile';
import type { Resource } from '../../../../scripts/graph';
import { EVERYTHING, readPreset } from '../../../../scripts/preset';
import { type Call, callsOf } from '../../../../scripts/privileges/calls';
import { grantsOf, trustOf } from '../../../../scripts/privileges/grants';
import { needsOf, problemsOf } from '../../../../scripts/privileges/needs';
import { renderPrivileges } from '../../../../scripts/privileges/table';
import { evaluateStack } from '../../../helpers/stack';
import { readDocument } from '../../docs/document';

const PROJECT = path.resolve(__dirname, '../../../..');
const ENVIRONMENTS: Record<string, Record<string, string>> = {
  defaults: {},
  dev: readPreset(PROJECT, 'dev'),
  prod: readPreset(PROJECT, 'prod'),
  everything: EVERYTHING,
};
const ROLE_POLICY = 'aws:iam/rolePolicy:RolePolicy';

let calls: Record<string, Call[]>;
const graphs: Record<string, Resource[]> = {};

beforeAll(async () => {
  calls = await callsOf(PROJECT, ENTRY_POINTS);
  for (const [name, settings] of Object.entries(ENVIRONMENTS))
    graphs[name] = (await evaluateStack({ config: settings })).resources;
});

const everything = () => graphs.everything as Resource[];

function problems(resources: Resource[], settings = EVERYTHING, made = calls): string[] {
  const grants = grantsOf(resources);
  return problemsOf(resources, grants, needsOf(resources, made, grants, settings), made);
}

/** The same graph with one policy's statements changed. */
function changed(name: string, change: (statements: { Sid: string }[]) => object[], type = ROLE_POLICY): Resource[] {
  return everything().map((resource) => {
    if (resource.type !== type || resource.name !== name) return resource;
    const document = JSON.parse(resource.inputs.policy);
    return {
      ...resource,
      inputs: { ...resource.inputs, policy: JSON.stringify({ ...document, Statement: change(document.Statement) }) },
    };
  });
}

const without = (sid: string) => (statements: { Sid: string }[]) => statements.filter(({ Sid }) => Sid !== sid);

test.each(Object.entries(ENVIRONMENTS))('%s: every grant is used, and every call may be made', (name, settings) => {
  expect(problems(graphs[name] as Resource[], settings)).toEqual([]);
});

test('every role is there, and nothing else takes one', () => {
  const roles = Object.fromEntries(trustOf(everything()));
  expect(Object.keys(roles).sort()).toEqual(
    everything()
      .filter(({ type }) => type === 'aws:iam/role:Role')
      .map(({ inputs }) => inputs.name.replace(/-dev$/, '-<suffix>'))
      .sort(),
  );
  expect(new Set(grantsOf(everything()).map(({ grantee }) => grantee))).toEqual(
    new Set([
      ...Object.keys(roles),
      'budgets.amazonaws.com',
      'cloudtrail.amazonaws.com',
      'cloudwatch.amazonaws.com',
      'events.amazonaws.com',
      'logging.s3.amazonaws.com',
      'logs.<region>.amazonaws.com',
    ]),
  );
});

describe('a grant that nobody uses is told', () => {
  it('where the action is one more', () => {
    const extra = { Sid: 'More', Effect: 'Allow', Action: 'sns:Subscribe', Resource: '*' };
    expect(problems(changed('tap-alerts-publisher-policy', (statements) => [...statements, extra]))).toEqual([
      'iam-publisher-<suffix> may sns:Subscribe on *, which nothing calls',
    ]);
  });

  it('where the resource is wider', () => {
    const wider = { Sid: 'PublishAlerts', Effect: 'Allow', Action: 'sns:Publish', Resource: '*' };
    expect(
      problems(changed('tap-alerts-publisher-policy', (all) => [...without('PublishAlerts')(all), wider])),
    ).toEqual([
      'iam-publisher-<suffix> may sns:Publish on *, which nothing calls',
      'iam-publisher-<suffix> may not sns:Publish on what its environment names, which processor/publisher/topic.ts calls',
    ]);
  });

  it('where a key may be used directly', () => {
    const open = (all: { Sid: string }[]) =>
      all.map((one) => (one.Sid === 'EncryptRecords' ? { ...one, Condition: {} } : one));
    expect(problems(changed('tap-stream-producer', open))).toEqual([
      'iam-producer-<suffix> may kms:GenerateDataKey on kms alias/kms-data-<suffix>, which nothing calls',
      'iam-producer-<suffix> may not kms:GenerateDataKey on kms alias/kms-data-<suffix> through kinesis, which https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html calls',
    ]);
  });

  it('where a service has it in the policy of a topic', () => {
    const extra = {
      Sid: 'More',
      Effect: 'Allow',
      Principal: { Service: 's3.amazonaws.com' },
      Action: 'sns:Publish',
      Resource: '*',
    };
    expect(
      problems(changed('tap-monitoring-alarms', (statements) => [...statements, extra], 'aws:sns/topic:Topic')),
    ).toEqual(['s3.amazonaws.com may sns:Publish on *, which nothing calls']);
  });

  it('where the code has stopped to call it', () => {
    const publisher = calls.publisher?.filter(({ action }) => action !== 'sns:Publish') ?? [];
    expect(problems(everything(), EVERYTHING, { ...calls, publisher })).toEqual([
      'iam-publisher-<suffix> may sns:Publish on sns sns-alerts-<suffix>.fifo, which nothing calls',
      'the endpoint of sns lets sns:Publish through, which nobody calls',
    ]);
  });
});

describe('a call that nobody may make is told', () => {
  it('where a service makes it', () => {
    expect(problems(changed('tap-processor-stream-policy', without('FindFailedRecordBucket')))).toEqual([
      'iam-processor-<suffix> may not s3:ListBucket on s3 s3-failed-records-<account>-<suffix>, which https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html calls',
    ]);
  });

  it('where the code makes it', () => {
    const more = { action: 'secretsmanager:GetSecretValue', file: 'processor/archive.ts' };
    const archiver = [...(calls.archiver ?? []), more];
    expect(problems(everything(), EVERYTHING, { ...calls, archiver })).toEqual([
      'iam-archiver-<suffix> may not secretsmanager:GetSecretValue on what its environment names, which processor/archive.ts calls',
    ]);
  });

  it('where the network has no way for it', () => {
    const closed = everything().filter(({ name }) => name !== 'tap-alerts-sns');
    expect(problems(closed)).toEqual([
      'no interface endpoint lets sns:Publish through, which processor/publisher/topic.ts calls',
    ]);
  });
});

test('docs/privileges.md is what `npm run privileges` writes', () => {
  const grants = grantsOf(everything());
  const needs = needsOf(everything(), calls, grants, EVERYTHING);
  expect(readDocument('docs/privileges.md')).toBe(renderPrivileges(grants, needs, trustOf(everything())));
});
