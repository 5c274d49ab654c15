import { count, emptyReport, type Outcome, type Report } from '../../../../processor/replay/report';
import type { Decision, Reason, Verdict } from '../../../../processor/types';
import { T0, transaction } from '../../../helpers/transactions';

export function verdict(decision: Decision, ...reasons: Reason[]): Verdict {
  return { decision, score: decision === 'block' ? 90 : decision === 'review' ? 40 : 0, reasons };
}

export const LARGE: Reason = {
  rule: 'large-amount',
  weight: 40,
  observed: 600_000,
  limit: 500_000,
  currency: 'JPY',
};
export const VELOCITY: Reason = { rule: 'token-velocity', weight: 90, observed: 6, limit: 5, windowMinutes: 30 };

/** Two days in Japan with an alert gained, one lost, one that becomes a block, and a transaction without any. */
export function someReport(changes: Partial<Outcome['transaction']> = {}): Report {
  const report = emptyReport({
    baseline: 'jpy-1',
    candidate: 'jpy-2',
    from: new Date(T0).toISOString(),
    to: new Date(T0 + 2 * 86_400_000).toISOString(),
  });
  const add = (i: number, day: string, baseline: Verdict, candidate: Verdict, disposition?: Outcome['disposition']) =>
    count(
      report,
      {
        transaction: transaction({
          transactionId: `tx-${i}`,
          occurredAt: T0 + i * 60_000,
          amount: 1000 + i,
          ...changes,
        }),
        day,
        baseline,
        candidate,
        disposition,
      },
      10,
    );
  add(1, '2026-04-01', verdict('allow'), verdict('review', LARGE), 'confirmed-fraud');
  add(2, '2026-04-01', verdict('review', LARGE), verdict('allow'), 'false-positive');
  add(3, '2026-04-02', verdict('review', LARGE), verdict('block', VELOCITY), 'confirmed-fraud');
  add(4, '2026-04-02', verdict('allow'), verdict('allow'), 'confirmed-fraud');
  return report;
}
