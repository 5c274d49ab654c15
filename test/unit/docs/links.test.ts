import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { PROJECT, readDocument } from './document';

const documents = ['README.md', ...readdirSync(path.join(PROJECT, 'docs')).map((file) => `docs/${file}`)];
const { scripts } = JSON.parse(readDocument('package.json')) as { scripts: Record<string, string> };

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(file: string): string[] {
  return readDocument(file)
    .replaceAll(/^```.*?^```$/gms, '')
    .split('\n')
    .filter((line) => line.startsWith('#'))
    .map((line) =>
      line
        .replace(/^#+ /, '')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    );
}

/** Whether what a document refers to is there; links to other sites are not looked at. */
function isThere(from: string, target: string): boolean {
  if (/^https?:/.test(target)) return true;
  const [file, anchor] = target.split('#') as [string, string | undefined];
  const linked = file === '' ? from : path.join(path.dirname(from), file);
  return existsSync(path.join(PROJECT, linked)) && (anchor === undefined || anchorsOf(linked).includes(anchor));
}

test.each(documents)('%s links to what is there', (file) => {
  const targets = [...readDocument(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target as string);
  expect(targets.filter((target) => !isThere(file, target))).toEqual([]);
});

test.each(documents)('%s names files and folders that are there', (file) => {
  const named = [...readDocument(file).matchAll(/`((?:lib|processor|local|bench|test|scripts|docs)\/[\w./-]*)`/g)];
  const missing = named.map(([, name]) => name as string).filter((name) => !existsSync(path.join(PROJECT, name)));
  expect(missing).toEqual([]);
});

test.each(documents)('%s names npm scripts that are there', (file) => {
  const named = [...readDocument(file).matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name]) => name as string);
  expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
});
