import { emptyReport } from '../../../../processor/replay/report';
import { money } from '../../../../scripts/replay/figures';
import { Progress, tables } from '../../../../scripts/replay/terminal';
import { someReport } from './report';

test('the report as tables', () => {
  expect(
    tables({ ...someReport(), partial: 2 }, 'Left out: 3 copies.'),
  ).toBe(`jpy-2 (candidate) against jpy-1 (baseline)
2026-04-01 09:00:00 to 2026-04-03 09:00:00, Japan time: 4 transactions
2 of them with less than 24 hours of known history
Left out: 3 copies.

            baseline  candidate  gained    lost
alerts             2          2       1       1
amount JPY    ¥2,005     ¥2,004  ¥1,001  ¥1,002

baseline \\ candidate  allow  review  block
allow                     1       1      0
review                    1       0      1
block                     0       0      0

rule            baseline  candidate  in gained  in lost
large-amount           2          1          1        1
token-velocity         0          1          0        0

day in Japan  transactions  baseline  candidate  gained  lost
2026-04-01               2         1          1       1     1
2026-04-02               2         1          1       0     0

Analysts: 3 confirmed as fraud, 1 as false positives, 0 unclear
                  precision           recall
baseline    50.0 % (1 of 2)  33.3 % (1 of 3)
candidate  100.0 % (2 of 2)  66.7 % (2 of 3)

Alerts gained, some of them:
  2026-04-01 09:01:00  tx-1  ¥1,001
    candidate: review 40: ¥600,000 in one payment (limit ¥500,000)

Alerts lost, some of them:
  2026-04-01 09:02:00  tx-2  ¥1,002
    baseline: review 40: ¥600,000 in one payment (limit ¥500,000)

Between review and block, some of them:
  2026-04-01 09:03:00  tx-3  ¥1,003
    baseline: review 40: ¥600,000 in one payment (limit ¥500,000)
    candidate: block 90: 6 transactions of payment token token-1 in 30 min (limit 5)
`);
});

test('has no precision and recall where analysts found nothing', () => {
  const text = tables(
    emptyReport({ baseline: 'a', candidate: 'b', from: new Date(0).toISOString(), to: new Date(1).toISOString() }),
  );
  expect(text).toContain(
    'Analysts have found out nothing about these transactions: there is no precision and no recall.\n',
  );
});

test('amounts are exact, whatever their size and decimals', () => {
  expect(money('9007199254740993', 'JPY')).toBe('¥9,007,199,254,740,993');
  expect(money('9007199254740993', 'USD')).toBe('$90,071,992,547,409.93');
  expect(money('5', 'USD')).toBe('$0.05');
  expect(money('1234', 'KWD')).toBe('KWD\u00a01.234');
});

test('progress is one line where there is a terminal, and lines now and then where there is none', () => {
  const shown = (isTTY: boolean) => {
    const written: string[] = [];
    const progress = new Progress({ isTTY, write: (text) => written.push(text) });
    for (const [text, now] of [
      ['a', 0],
      ['b', 100],
      ['c', 300],
      ['d', 5_000],
    ] as const)
      progress.show(text, now);
    progress.end();
    return written.join('');
  };
  expect(shown(true)).toBe('\r\u001b[Ka\r\u001b[Kc\r\u001b[Kd\r\u001b[K');
  expect(shown(false)).toBe('a\nd\n');
});
