import fc from 'fast-check';
import { parseRuleSet, type RuleSet, RuleSetError, storedRuleSet } from '../../../../processor/rules/rule-set';
import { ruleSetText } from './given';

const text = ruleSetText('rule-set.json');

/** A rule set as loose data, so that tests can spoil it. */
// biome-ignore lint/suspicious/noExplicitAny: what is spoilt has no type
type Loose = any;

function problemsOf(broken: string): readonly string[] {
  try {
    parseRuleSet(broken);
  } catch (error) {
    if (error instanceof RuleSetError) return error.problems;
    throw error;
  }
  return [];
}

function spoilt(spoil: (ruleSet: Loose) => void): readonly string[] {
  const ruleSet = JSON.parse(text);
  spoil(ruleSet);
  return problemsOf(JSON.stringify(ruleSet));
}

/** Every value that is a number, with its path. */
function numbersOf(value: Loose, path: string[] = []): string[][] {
  if (typeof value === 'number') return [path];
  if (typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => numbersOf(inner, [...path, key]));
}

function withValue(path: string[], value: unknown): (ruleSet: Loose) => void {
  return (ruleSet) => {
    const parent = path.slice(0, -1).reduce((inner, key) => inner[key], ruleSet);
    parent[path.at(-1) as string] = value;
  };
}

describe('the files', () => {
  test.each(['rule-set.json', 'examples/jpy-usd.json'])('%s parses to what it says', (file) => {
    expect(parseRuleSet(ruleSetText(file))).toEqual(JSON.parse(ruleSetText(file)));
  });

  test('the example only adds dollars to the default', () => {
    const withoutDollars = (ruleSet: RuleSet) =>
      JSON.parse(JSON.stringify(ruleSet, (key, value) => (key === 'USD' || key === 'version' ? undefined : value)));
    const example = parseRuleSet(ruleSetText('examples/jpy-usd.json'));
    expect(withoutDollars(example)).toEqual(withoutDollars(parseRuleSet(text)));
    expect(example.rules['customer-amount'].amounts).toEqual({ JPY: 300_000, USD: 200_000 });
  });
});

describe('storedRuleSet', () => {
  test('what did not exist when it was stored is off', () => {
    const stored = JSON.parse(text);
    delete stored.watch;
    delete stored.rules['block-list'];
    const whole = parseRuleSet(text);
    const off = { enabled: false, count: 1, days: 1 };
    expect(storedRuleSet(stored)).toEqual({
      ...whole,
      watch: { token: off, device: off, merchant: off },
      rules: { ...whole.rules, 'block-list': { enabled: false } },
    });
    expect(storedRuleSet(JSON.parse(text))).toEqual(whole);
  });

  test('what this program does not know is refused', () => {
    const stored = JSON.parse(text);
    stored.rules['large-amount'].amount = 1;
    expect(() => storedRuleSet(stored)).toThrow(
      new RuleSetError(['rules.large-amount.amount: found 1; remove it; known here are enabled, weight, amounts']),
    );
  });
});

describe('what is refused', () => {
  const whole = (unit: string, from: number, to: number) => `set a whole number${unit} from ${from} to ${to}`;
  const minutes = whole(' of minutes', 1, 1440);
  const counts = whole('', 1, 1_000_000);
  const minorUnits = whole(' of minor units', 0, 1_000_000_000_000);
  const velocity = 'rules.token-velocity';
  const amounts = 'rules.large-amount.amounts';

  test.each<[string, unknown, string]>([
    ['version', '', 'found a text of 0 characters; set 1 to 64 of the characters A-Z a-z 0-9 . _ -'],
    ['version', 'a b', 'found a text of 3 characters; set 1 to 64 of the characters A-Z a-z 0-9 . _ -'],
    ['version', 'a'.repeat(65), 'found a text of 65 characters; set 1 to 64 of the characters A-Z a-z 0-9 . _ -'],
    ['version', 7, 'found 7; set 1 to 64 of the characters A-Z a-z 0-9 . _ -'],
    ['version', undefined, 'found nothing; set 1 to 64 of the characters A-Z a-z 0-9 . _ -'],
    ['cutoffs', null, 'found null; set an object with review, block'],
    ['cutoffs', { review: 90, block: 90 }, 'found an object of 2; set review below block'],
    ['cutoffs.review', 0, `found 0; ${whole('', 1, 99)}`],
    ['cutoffs.block', 101, `found 101; ${whole('', 2, 100)}`],
    ['cutoffs.alarm', 5, 'found 5; remove it; known here are review, block'],
    [`${velocity}.enabled`, 'yes', 'found a text of 3 characters; set true or false'],
    [`${velocity}.weight`, -1, `found -1; ${whole('', 0, 100)}`],
    [`${velocity}.weight`, 101, `found 101; ${whole('', 0, 100)}`],
    [`${velocity}.weight`, 0.5, `found 0.5; ${whole('', 0, 100)}`],
    [`${velocity}.windowMinutes`, 0, `found 0; ${minutes}`],
    [`${velocity}.windowMinutes`, 1441, `found 1441; ${minutes}`],
    [`${velocity}.windowMinutes`, '30', `found a text of 2 characters; ${minutes}`],
    [`${velocity}.windowMinutes`, [30], `found a list of 1; ${minutes}`],
    [`${velocity}.windowMinutes`, true, `found true; ${minutes}`],
    [`${velocity}.count`, 0, `found 0; ${counts}`],
    [`${velocity}.count`, undefined, `found nothing; ${counts}`],
    [`${velocity}.windowHours`, 1, 'found 1; remove it; known here are enabled, weight, windowMinutes, count'],
    [velocity, undefined, 'found nothing; set an object with enabled, weight, windowMinutes, count'],
    ['rules.amount-against-history.multiple', 1, 'found 1; set a number above 1, at most 1000'],
    ['rules.amount-against-history.multiple', 1001, 'found 1001; set a number above 1, at most 1000'],
    ['rules.amount-against-history.minimumSample', 0, `found 0; ${counts}`],
    ['rules.amount-against-history.minimumAmounts.JPY', -1, `found -1; ${minorUnits}`],
    ['rules.card-testing-device.failureRatio', 0, 'found 0; set a number above 0, at most 1'],
    ['rules.card-testing-device.failureRatio', 1.01, 'found 1.01; set a number above 0, at most 1'],
    ['rules.duplicate-order.orderWindowMinutes', 1441, `found 1441; ${minutes}`],
    ['rules.impossible-travel.speedKmh', 0, `found 0; ${whole(' of km/h', 1, 1_000_000)}`],
    ['rules.impossible-travel.distanceKm', 20_001, `found 20001; ${whole(' of km', 0, 20_000)}`],
    ['rules.country-mismatch.count', 3, `found 3; ${whole('', 1, 2)}`],
    ['rules.new-account-amount.accountAgeMinutes', 525_601, `found 525601; ${whole(' of minutes', 1, 525_600)}`],
    ['watch.token.days', 0, `found 0; ${whole(' of days', 1, 3650)}`],
    ['watch.merchant.count', 1001, `found 1001; ${whole('', 1, 1000)}`],
    ['watch.customer', {}, 'found an object of 0; remove it; known here are token, device, merchant'],
    [amounts, [5], 'found a list of 1; set an object of amounts by currency, such as {"JPY": 100000}'],
    [amounts, {}, 'found an object of 0; name at least one currency; to turn the rule off, set enabled to false'],
    [`${amounts}.JPY`, 0.5, `found 0.5; ${minorUnits}`],
    [`${amounts}.JPY`, 10 ** 12 + 1, `found a large number; ${minorUnits}`],
    [`${amounts}.JPN`, 5, 'found 5; use an ISO 4217 code in capitals, such as JPY'],
    [`${amounts}.usd`, 5, 'found 5; use an ISO 4217 code in capitals, such as JPY'],
  ])('%s as %j', (path, value, problem) => {
    expect(spoilt(withValue(path.split('.'), value))).toEqual([`${path}: ${problem}`]);
  });

  test('any figure that is no number or out of bounds, by one problem each', () => {
    for (const path of numbersOf(JSON.parse(text))) {
      for (const value of [null, '5', [], {}, true, -1, 10 ** 13]) {
        expect(spoilt(withValue(path, value))).toEqual([expect.stringContaining(`${path.join('.')}: found `)]);
      }
    }
  });

  test('an unknown rule, with those that are known', () => {
    const [problem, ...others] = spoilt(withValue(['rules', 'token-speed'], {}));
    expect(problem).toMatch(/^rules\.token-speed: found an object of 0; remove it; known here are block-list, /);
    expect(others).toEqual([]);
  });

  test.each([
    ['[]', 'rule set: found a list of 0; set an object with version, cutoffs, watch, rules'],
    ['null', 'rule set: found null; set an object with version, cutoffs, watch, rules'],
    ['"text"', 'rule set: found a text of 4 characters; set an object with version, cutoffs, watch, rules'],
  ])('%s', (broken, problem) => {
    expect(problemsOf(broken)).toEqual([problem]);
  });

  test('a text that is not JSON, with what the JSON parser says of it', () => {
    expect(problemsOf('{"version": }')).toEqual([
      expect.stringMatching(
        /^rule set: found a text of 13 characters that is not JSON \(Unexpected token .*\); write one JSON object$/,
      ),
    ]);
  });

  test('a number too large for JSON numbers', () => {
    expect(problemsOf(text.replace('"windowMinutes": 30', '"windowMinutes": 1e999'))).toEqual([
      `${velocity}.windowMinutes: found Infinity; ${minutes}`,
    ]);
  });

  test('everything at once, in one message', () => {
    const ruleSet = JSON.parse(text);
    ruleSet.version = 'a b';
    ruleSet.cutoffs = { review: 50, block: 40 };
    delete ruleSet.rules['token-velocity'].count;
    ruleSet.rules['large-amount'].amounts = { JPY: -1 };
    expect(() => parseRuleSet(JSON.stringify(ruleSet))).toThrow(
      new RuleSetError([
        'version: found a text of 3 characters; set 1 to 64 of the characters A-Z a-z 0-9 . _ -',
        'cutoffs: found an object of 2; set review below block',
        `${velocity}.count: found nothing; ${counts}`,
        `${amounts}.JPY: found -1; ${minorUnits}`,
      ]),
    );
  });

  test('the message lists the problems and the error says what it is', () => {
    const error = new RuleSetError(['a: found 1; set 2', 'b: found 3; set 4']);
    expect(error.message).toBe('The rule set is not valid:\n- a: found 1; set 2\n- b: found 3; set 4');
    expect(error.name).toBe('RuleSetError');
  });
});

describe('properties', () => {
  const valid: fc.Arbitrary<RuleSet> = fc
    .record({
      version: fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/),
      cutoffs: fc.tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 })),
      enabled: fc.boolean(),
      weight: fc.integer({ min: 0, max: 100 }),
      windowMinutes: fc.integer({ min: 1, max: 1440 }),
      count: fc.integer({ min: 1, max: 1_000_000 }),
      failureRatio: fc.double({ min: 0, max: 1, minExcluded: true, noNaN: true }),
      multiple: fc.double({ min: 1, max: 1000, minExcluded: true, noNaN: true }),
      amount: fc.integer({ min: 0, max: 10 ** 12 }),
      currency: fc.constantFrom('JPY', 'USD', 'EUR', 'KWD'),
    })
    .map(({ version, cutoffs: [review, more], amount, currency, count, ...figures }) => {
      const ruleSet: Loose = { ...JSON.parse(text), version };
      ruleSet.cutoffs = { review, block: Math.min(100, review + more) };
      for (const rule of Object.values<Loose>(ruleSet.rules)) {
        const all: Loose = { ...figures, count, minimumSample: count };
        for (const key of Object.keys(rule)) if (key in all) rule[key] = all[key];
        if (rule.amounts) rule.amounts = { [currency]: amount };
      }
      ruleSet.rules['country-mismatch'].count = 1;
      return ruleSet;
    });

  test('what is valid comes back as it went', () => {
    fc.assert(
      fc.property(valid, (ruleSet) => {
        expect(parseRuleSet(JSON.stringify(ruleSet))).toEqual(ruleSet);
      }),
    );
  });

  test('no text makes it fail in another way', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (broken) => {
        expect(problemsOf(broken).length).toBeGreaterThan(0);
      }),
    );
  });
});
