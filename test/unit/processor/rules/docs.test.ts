import { readFileSync } from 'node:fs';
import path from 'node:path';
import { rules } from '../../../../processor/rules';
import { fired } from './fired';
import { defaultRuleSet } from './given';

const lines = readFileSync(path.resolve(__dirname, '../../../../docs/rules.md'), 'utf8').split('\n');

const thousands = (value: number) => value.toLocaleString('en-US');

function figure([name, value]: [string, number | Record<string, number>]): string {
  if (typeof value === 'number') return `\`${name}\` ${value}`;
  const amounts = Object.entries(value).map(([currency, amount]) => `${currency} ${thousands(amount)}`);
  return `\`${name}\` ${amounts.join(', ')}`;
}

describe('docs/rules.md', () => {
  test('its table says of every rule what the code and the default rule set say', () => {
    const rows = rules.map(({ name, description, unit, source }) => {
      const { enabled, weight, ...figures } = defaultRuleSet.rules[name];
      expect(enabled).toBe(true);
      const defaults = Object.entries(figures).map(figure).join('; ');
      return `| \`${name}\` | ${description} | ${defaults} | ${weight} | ${unit} | ${source} |`;
    });
    const start = lines.indexOf(
      '| rule | what it observes | default figures | weight | unit | source of the default |',
    );
    expect(lines.slice(start + 2, lines.indexOf('', start))).toEqual(rows);
  });

  test('names the default cut-offs', () => {
    const { review, block } = defaultRuleSet.cutoffs;
    expect(lines.join('\n')).toContain(`The default cut-offs are review ${review} and block ${block}.`);
  });

  test('names what enters the watch list by default', () => {
    const start = lines.indexOf('| `watch` | `count` | `days` |');
    const rows = Object.entries(defaultRuleSet.watch).map(([kind, { enabled, count, days }]) => {
      expect(enabled).toBe(true);
      return `| \`${kind}\` | ${count} | ${days} |`;
    });
    expect(lines.slice(start + 2, lines.indexOf('', start))).toEqual(rows);
  });

  test('explains every figure of every piece of evidence', () => {
    const start = lines.indexOf('| figure | meaning |');
    const explained = lines.slice(start + 2, lines.indexOf('', start)).flatMap((line) => {
      const [, figures] = line.split('|');
      return [...(figures as string).matchAll(/`(\w+)`/g)].map(([, name]) => name);
    });
    const given = new Set(Object.values(fired).flatMap(({ evidence }) => Object.keys(evidence)));
    expect(new Set(explained)).toEqual(given);
  });
});
