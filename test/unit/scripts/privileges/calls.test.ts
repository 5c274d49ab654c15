import path from 'node:path';
import { ENTRY_POINTS } from '../../../../lib/compile';
import { callsIn, callsOf } from '../../../../scripts/privileges/calls';
import { fixtureProject } from '../../../helpers/pulumi';

jest.setTimeout(30_000); // all functions are bundled, which takes a busy machine seconds

const PROJECT = path.resolve(__dirname, '../../../..');
const actionsIn = (text: string) => callsIn('processor/some.ts', text).map(({ action }) => action);

describe('the functions of this project', () => {
  it('call these APIs, from these files', async () => {
    expect(await callsOf(PROJECT, ENTRY_POINTS)).toEqual({
      processor: [
        { action: 'rds-db:connect', file: 'processor/database.ts' },
        { action: 'elasticache:Connect', file: 'processor/history/connect.ts' },
      ],
      operations: [
        { action: 'rds-db:connect', file: 'processor/database.ts' },
        { action: 'elasticache:Connect', file: 'processor/history/connect.ts' },
        { action: 'secretsmanager:GetSecretValue', file: 'processor/operations/migrate.ts' },
      ],
      publisher: [
        { action: 'rds-db:connect', file: 'processor/database.ts' },
        { action: 'sns:Publish', file: 'processor/publisher/topic.ts' },
      ],
      archiver: [{ action: 'rds-db:connect', file: 'processor/database.ts' }],
    });
  });
});

describe('a source file', () => {
  it('calls what it constructs commands or pages for, under whatever name, and signs tokens for', () => {
    expect(
      actionsIn(`
        import { PublishBatchCommand as Batch, SNSClient, paginateListTopics } from '@aws-sdk/client-sns';
        import { type GetSecretValueCommand, ListSecretsCommand } from '@aws-sdk/client-secrets-manager';
        new SNSClient({}).send(new Batch({}));
        for await (const page of paginateListTopics({}, {})) page;
        signInToken({ service: 'rds-db', host, user }, now);
      `),
    ).toEqual(['rds-db:connect', 'sns:ListTopics', 'sns:Publish']);
  });

  it.each([
    ["import * as sns from '@aws-sdk/client-sns';", 1, 'import by name'],
    ["\nconst { PublishCommand } = await import('@aws-sdk/client-sns');", 2, 'import by name'],
    ["const sns = require('@aws-sdk/client-sns');", 1, 'import by name'],
    ["import { SNS } from '@aws-sdk/client-sns';\nnew SNS({});", 2, 'use commands instead of SNS'],
    [
      "import { PutItemCommand } from '@aws-sdk/client-dynamodb';\nnew PutItemCommand({});",
      2,
      'add @aws-sdk/client-dynamodb to SERVICES in scripts/privileges/calls.ts',
    ],
    ['signInToken({ service, host, user }, now);', 1, 'state the service of the token as text'],
  ])('that hides what it calls is refused: %s', (text, line, why) => {
    expect(() => actionsIn(text)).toThrow(`processor/some.ts:${line} does not show which AWS API it calls: ${why}`);
  });
});

it('a package that brings the SDK along is refused, since nobody knows what it calls', async () => {
  const project = fixtureProject({
    'node_modules/@aws-sdk/client-sns/index.js': 'module.exports = { PublishCommand: class {} };',
    'node_modules/helper/index.js':
      "const { PublishCommand } = require('@aws-sdk/client-sns'); exports.run = () => new PublishCommand();",
    'processor/handler.ts': "import { run } from 'helper'; export const handler = async () => run();",
  });
  try {
    await expect(callsOf(project.root, { processor: 'processor/handler.ts' })).rejects.toThrow(
      'node_modules/helper/index.js, which is part of processor, uses node_modules/@aws-sdk/client-sns/index.js: find out what it calls',
    );
  } finally {
    project.remove();
  }
});
