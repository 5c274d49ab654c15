import { createHash } from 'node:crypto';
import { emptyReport } from '../../../../processor/replay/report';
import { page } from '../../../../scripts/replay/page';
import { someReport } from './report';

/** What stands between the tags, in order. */
const textOf = (markup: string) =>
  markup
    .replace(/<style>.*<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

test('says what changes, in figures and in words', () => {
  const text = textOf(page(someReport()));
  expect(text).toContain('What jpy-2 would change against jpy-1');
  expect(text).toContain('2026-04-01 09:00:00 to 2026-04-03 09:00:00; times and days are those of Japan (Asia/Tokyo).');
  expect(text).toContain('Alerts of the baseline 2 Alerts of the candidate 2 Alerts gained 1 Alerts lost 1');
  expect(text).toContain('2026-04-01: baseline 1, candidate 1');
  expect(text).toContain('2026-04-01: gained 1, lost 1');
  expect(text).toContain('large-amount 2 1 1 1');
  expect(text).toContain('token-velocity 0 1 0 0');
  expect(text).toContain('JPY ¥2,005 ¥2,004 ¥1,001 ¥1,002');
  expect(text).toContain('review 1 0 1');
  expect(text).toContain('3 confirmed as fraud, 1 as false positives, 0 unclear');
  expect(text).toContain('baseline 50.0 % (1 of 2) 33.3 % (1 of 3)');
  expect(text).toContain('candidate 100.0 % (2 of 2) 66.7 % (2 of 3)');
  expect(text).toContain('¥1,003 2026-04-01 09:03:00 tx-3, customer customer-1');
  expect(text).toContain('6 transactions of payment token token-1 in 30 min (limit 5)');
});

test('draws bars as high as their figures', () => {
  const bars = [...page(someReport()).matchAll(/<rect class="(gained|lost)" [^>]*y="([\d.]+)" height="([\d.]+)"/g)];
  // Two above and two below the line: a figure of 1 is a quarter of 170 pixels.
  expect(bars.map(([, kind, y, height]) => [kind, y, height])).toEqual([
    ['gained', '42.5', '42.5'],
    ['lost', '85.0', '42.5'],
    ['gained', '85.0', '0.0'],
    ['lost', '85.0', '0.0'],
  ]);
});

test('has no figure from nothing', () => {
  const text = textOf(
    page(
      emptyReport({ baseline: 'a', candidate: 'b', from: new Date(0).toISOString(), to: new Date(1).toISOString() }),
    ),
  );
  expect(text).toContain('there is no precision and no recall');
  expect(text).not.toMatch(/NaN|undefined|Infinity|null/);
});

test('refers to nothing outside of itself, and lets nothing but its own style apply', () => {
  const text = page(someReport());
  expect(text).not.toMatch(/<(script|link|img|iframe|object|embed|base|form)\b/i);
  expect(text).not.toMatch(/\b(href|src|srcset|action|style|on[a-z]+)\s*=/i);
  expect(text).not.toMatch(/url\(|@import|https?:/i);
  const style = /<style>(.*)<\/style>/s.exec(text)?.[1] as string;
  expect(text).toContain(
    `content="default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'"`,
  );
});

test('shows what is in transactions as text, and never as markup', () => {
  const hostile = `<script>alert("1")</script>'&`;
  const report = { ...someReport({ customerId: hostile }), candidate: hostile };
  report.rules[hostile] = { baseline: 0, candidate: 0, gained: 0, lost: 0 };
  report.days[hostile] = { transactions: 1, baseline: 0, candidate: 0, gained: 0, lost: 0 };
  const text = page(report, hostile);
  expect(text).not.toMatch(/<script|alert\("|'&(?!#)/);
  expect(text.split('&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;&#39;&#38;').length).toBeGreaterThan(8);
});
