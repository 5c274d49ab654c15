import { EventEmitter } from 'node:events';
import type { Second, ShownAlert, Snapshot, Totals, Update } from '../../../../local/console/monitor';

/** Figures of a run in which nothing has happened yet. */
export const NO_TOTALS: Totals = {
  phase: 'streaming',
  read: 0,
  put: 0,
  settled: 0,
  failed: 0,
  failedAttempts: 0,
  latencyMs: null,
  stored: 0,
  quarantined: 0,
  review: 0,
  block: 0,
  allowedWithReasons: 0,
};

export function secondAt(at: number, settled: number, reviews = 0, blocks = 0): Second {
  return { at, settled, reviews, blocks, latencyMs: { p50: 12, p95: 40, p99: 81 } };
}

export function alertOf(overrides: Partial<ShownAlert> = {}): ShownAlert {
  return {
    transactionId: 'tx_1',
    occurredAt: '2026-04-01T03:00:00.000Z',
    judgedAt: '2026-04-01T03:00:01.000Z',
    decision: 'block',
    score: 90,
    amount: '¥4,980',
    customerId: 'cus_1',
    outcome: 'declined',
    revised: false,
    withdrawn: false,
    coverageSeconds: 86_400,
    reasons: [
      {
        rule: 'card-testing-device',
        weight: 90,
        text: '22 declines of 24 attempts in 60 min on device dev_1 (limit 20, from 80 % declined)',
        evidence: { observed: 22, limit: 20, windowMinutes: 60, sample: 24, failureRatio: 0.8, minimumSample: 20 },
      },
    ],
    ...overrides,
  };
}

/** A monitor that shows what it is told. */
export class FakeMonitor extends EventEmitter<{ update: [Update] }> {
  #snapshot: Snapshot;

  constructor(snapshot: Partial<Snapshot> = {}) {
    super();
    this.#snapshot = { seconds: [], totals: NO_TOTALS, alerts: [], patterns: [], ...snapshot };
  }

  snapshot(): Snapshot {
    return this.#snapshot;
  }
}
