import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ANSWERS } from '../../../lib/ingest-answers';
import * as producer from '../../../producer';
import { PROJECT, plain, readDocument, tableOf } from './document';

const document = readDocument('docs/ingest.md');

test('names every answer of API Gateway, with its status', () => {
  const rows = tableOf(document, '| status | `error` | what it means | send again? |');
  const documented = rows
    .map(([status, error]) => [plain(error as string), status])
    .filter(([error]) => (error as string) in ANSWERS);
  const answers = Object.entries(ANSWERS).filter(([type]) => !type.startsWith('DEFAULT'));
  expect(Object.fromEntries(documented)).toEqual(
    Object.fromEntries(answers.map(([type, { status }]) => [type, status])),
  );
});

test('names every answer of the mapping templates', () => {
  const template = readFileSync(path.join(PROJECT, 'ingest/not-taken.vtl'), 'utf8');
  const errors = [...template.matchAll(/"error": "(\w+)"/g)].map(([, error]) => `| \`${error}\` |`);
  expect(errors).toHaveLength(2);
  expect(errors.filter((cell) => !document.includes(cell))).toEqual([]);
});

test('names every error of the producer client', () => {
  const errors = Object.keys(producer).filter((name) => name.endsWith('Error') && name !== 'ProducerError');
  const documented = tableOf(document, '| error | what it means | what to do |').map(([error]) =>
    plain(error as string),
  );
  expect(documented.sort()).toEqual(errors.sort());
});
