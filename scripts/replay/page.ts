import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Change, type Example, quality, type Report } from '../../processor/replay/report';
import * as figures from './figures';
import { html, type Markup } from './markup';
import { barPlot, tableBar } from './plots';

const { count } = figures;

const STYLES = [join(__dirname, '../../local/console/page/base.css'), join(__dirname, 'page.css')];

/**
 * The report as one page that needs nothing else: no script, no request, and nothing but its own style may apply.
 *
 * @param leftOut what was left out of a file, as a sentence
 */
export function page(report: Report, leftOut = ''): string {
  const style = STYLES.map((file) => readFileSync(file, 'utf8')).join('\n');
  const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'`;
  const { baseline, candidate } = report;
  const body = html`<header>
<h1>What ${candidate} would change <small>against ${baseline}</small></h1>
<p class="hint">${figures.time(report.from)} to ${figures.time(report.to)}; times and days are those of Japan (Asia/Tokyo).
${report.partial === 0 ? '' : `${count(report.partial)} transactions were judged on less than 24 hours, since nothing is known of what was before.`}
${leftOut}</p>
</header>
<main>
${tiles(report)}
${daily(report)}
${rules(report)}
${sums(report)}
${decisions(report)}
${findings(report)}
${examples(report)}
</main>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${html`Replay of ${candidate} against ${baseline}`.text}</title>
<style>${style}</style>
</head>
<body>
${body.text}
</body>
</html>
`;
}

function tiles(report: Report): Markup {
  const { baseline, candidate, gained, lost } = figures.alerts(report);
  return html`<dl class="figures">
<div><dt>Transactions</dt><dd>${count(report.transactions)}</dd></div>
<div><dt>Alerts of the baseline</dt><dd>${count(baseline)}</dd></div>
<div><dt>Alerts of the candidate</dt><dd>${count(candidate)}</dd></div>
<div><dt>Alerts gained</dt><dd class="gained">${count(gained)}</dd></div>
<div><dt>Alerts lost</dt><dd class="lost">${count(lost)}</dd></div>
</dl>`;
}

function daily({ days }: Report): Markup {
  const all = Object.entries(days);
  const both = all.map(([name, { baseline, candidate }]) => ({
    name,
    words: `${name}: baseline ${count(baseline)}, candidate ${count(candidate)}`,
    bars: [
      { kind: 'baseline', value: baseline },
      { kind: 'candidate', value: candidate },
    ],
  }));
  const changes = all.map(([name, { gained, lost }]) => ({
    name,
    words: `${name}: gained ${count(gained)}, lost ${count(lost)}`,
    bars: [
      { kind: 'gained', value: gained },
      { kind: 'lost', value: -lost },
    ],
  }));
  const rows = all.map(
    ([day, change]) => html`<tr><th scope="row">${day}</th><td>${count(change.transactions)}</td>${cells(change)}</tr>`,
  );
  return html`<section><h2>Alerts by day <small><i class="baseline">baseline</i> and <i class="candidate">candidate</i></small></h2>
${barPlot('Alerts of the baseline and of the candidate by day; the table below has the figures', both)}
<h3>Change by day <small><i class="gained">gained</i> above the line, <i class="lost">lost</i> below</small></h3>
${barPlot('Alerts gained and lost by day; the table below has the figures', changes)}
<details><summary>Figures by day</summary>${table(['day', 'transactions', 'baseline', 'candidate', 'gained', 'lost'], rows, 'Alerts by day')}</details></section>`;
}

function rules(report: Report): Markup {
  const all = Object.entries(report.rules);
  const greatest = Math.max(0, ...all.flatMap(([, { baseline, candidate }]) => [baseline, candidate]));
  const rows = all.map(
    ([rule, change]) =>
      html`<tr><th scope="row">${rule}</th>${cells(change)}<td>${tableBar('baseline', change.baseline, greatest)}${tableBar('candidate', change.candidate, greatest)}</td></tr>`,
  );
  return html`<section><h2>By rule</h2>
<p class="hint">How often a rule fires under each rule set, and on how many alerts gained or lost it does. An alert may have several rules.</p>
${table(['rule', 'baseline', 'candidate', 'in gained', 'in lost', ''], rows, 'Rules')}</section>`;
}

function sums({ amounts }: Report): Markup {
  const rows = Object.entries(amounts).map(
    ([currency, { baseline, candidate, gained, lost }]) =>
      html`<tr><th scope="row">${currency}</th>${[baseline, candidate, gained, lost].map((sum) => html`<td>${figures.money(sum, currency)}</td>`)}</tr>`,
  );
  return html`<section><h2>Amounts of the alerts</h2>
${table(['currency', 'baseline', 'candidate', 'gained', 'lost'], rows, 'Amounts')}</section>`;
}

function decisions(report: Report): Markup {
  const rows = figures.DECISIONS.map(
    (before) =>
      html`<tr><th scope="row">${before}</th>${figures.DECISIONS.map((after) => html`<td class="${before === after ? 'same' : 'other'}">${count(report.decisions[before][after])}</td>`)}</tr>`,
  );
  return html`<section><h2>Decisions <small>rows: baseline, columns: candidate</small></h2>
${table(['', ...figures.DECISIONS], rows, 'Decisions')}</section>`;
}

function findings(report: Report): Markup {
  if (!figures.hasFindings(report)) {
    return html`<section><h2>Against what analysts found</h2>
<p class="hint">They have found out nothing about these transactions: there is no precision and no recall.</p></section>`;
  }
  const rows = figures.SIDES.map((side) => {
    const { precision, recall } = quality(report, side);
    return html`<tr><th scope="row">${side}</th><td>${figures.share(precision)}</td><td>${figures.share(recall)}</td></tr>`;
  });
  return html`<section><h2>Against what analysts found</h2>
<p class="hint">${figures.findings(report)}. Precision: confirmed fraud among the alerts that were looked into. Recall: alerts among confirmed fraud.
What no alert was raised on is rarely looked into, so the recall of what is new is not known.</p>
${table(['', 'precision', 'recall'], rows, 'Precision and recall')}</section>`;
}

function examples({ examples }: Report): Markup {
  const lists = [
    ['Alerts gained', examples.gained],
    ['Alerts lost', examples.lost],
    ['Between review and block', examples.changed],
  ] as const;
  return html`<section><h2>Examples</h2>
${lists.map(([title, all]) =>
  all.length === 0 ? '' : html`<h3>${title}</h3><ul class="examples">${figures.inOrder(all).map(example)}</ul>`,
)}
${lists.every(([, all]) => all.length === 0) ? html`<p class="hint">There are none.</p>` : ''}</section>`;
}

function example(shown: Example): Markup {
  const { transactionId, occurredAt, amount, currency, customerId } = shown;
  const verdicts = figures.SIDES.map((side) => {
    const { decision, score } = shown[side];
    const reasons = figures.reasons(shown, side).map((reason) => html`<li>${reason}</li>`);
    return html`<p><i class="${side}">${side}</i> ${decision} ${score}</p>${reasons.length === 0 ? '' : html`<ul>${reasons}</ul>`}`;
  });
  return html`<li><p><b>${figures.money(String(amount), currency)}</b> ${figures.time(occurredAt)} <small>${transactionId}, customer ${customerId}</small></p>${verdicts}</li>`;
}

function cells({ baseline, candidate, gained, lost }: Change): Markup[] {
  return [baseline, candidate, gained, lost].map((figure) => html`<td>${count(figure)}</td>`);
}

/** A table that can be scrolled sideways where it is too wide, with the keyboard as well. */
function table(head: readonly string[], rows: readonly Markup[], name: string): Markup {
  return html`<div class="scroll" role="region" aria-label="${name}" tabindex="0"><table><thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;
}
