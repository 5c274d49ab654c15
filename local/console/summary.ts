import type { Report } from '../report';

/** A report for people, a line each. */
export function summaryOf(report: Report): string[] {
  const { quarantined, decisions, latencyMs, oversizeLines } = report;
  const reasons = Object.entries(quarantined.byReason);
  const rules = Object.entries(report.rules);
  const width = Math.max(0, ...rules.map(([name]) => name.length), ...reasons.map(([name]) => name.length));
  const table = (rows: [string, number][]) => rows.map(([name, n]) => `    ${name.padEnd(width)}  ${count(n)}`);
  return [
    report.complete ? 'Summary' : 'Summary (interrupted before the end of the input)',
    `  Read        ${count(report.read)} from ${report.input}, rule set ${report.ruleSetVersion}`,
    `  Stored      ${count(report.stored)}`,
    `  Duplicates  ${count(report.duplicates)}`,
    `  Quarantined ${count(quarantined.total)}`,
    ...table(reasons),
    ...(report.refused > 0 ? [`  Refused     ${count(report.refused)} by the ingest`] : []),
    `  Failed      ${count(report.failedRecords)}`,
    ...(report.unsettled > 0 ? [`  Unsettled   ${count(report.unsettled)}`] : []),
    ...(oversizeLines.total > 0 ? [`  Too long    ${count(oversizeLines.total)}`] : []),
    ...oversizeLines.first.map(({ line, bytes }) => `    line ${line}: ${count(bytes)} bytes`),
    `  Decisions   ${count(decisions.allow)} allow, ${count(decisions.review)} review, ${count(decisions.block)} block`,
    ...table(rules),
    ...(report.patterns === undefined
      ? []
      : [
          '  Injected patterns, detected of completed',
          ...report.patterns.map(
            ({ pattern, injected, detected }) => `    ${pattern.padEnd(width)}  ${detected} of ${injected}`,
          ),
        ]),
    `  Latency     ${latencyMs === null ? 'none' : `p50 ${latencyMs.p50} ms, p95 ${latencyMs.p95} ms, p99 ${latencyMs.p99} ms, put to stored`}`,
    `  Time        ${report.wallSeconds.toFixed(1)} s, ${count(report.throughput)} records/s`,
  ];
}

/** A whole number with its thousands set apart. */
export function count(value: number): string {
  return value.toLocaleString('en');
}
