import { EventEmitter } from 'node:events';
import type { FunctionError, InvokeResult } from './function';

/** A rule that has a function invoked again and again. */
export interface Schedule {
  /** Of the rule. */
  name: string;
  periodMs: number;
  /** Of the function or of an alias of it. */
  functionArn: string;
  event: unknown;
}

/** Runs schedules as EventBridge does, each for the first time after one period. Event `failed`: a function did. */
export class Schedules extends EventEmitter<{ failed: [Schedule, FunctionError] }> {
  private timers: NodeJS.Timeout[] = [];

  /** @param invoke never throws */
  constructor(
    private readonly schedules: readonly Schedule[],
    private readonly invoke: (schedule: Schedule) => Promise<InvokeResult>,
  ) {
    super();
  }

  start(): void {
    this.timers = this.schedules.map((schedule) =>
      setInterval(() => void this.run(schedule), schedule.periodMs).unref(),
    );
  }

  stop(): void {
    for (const timer of this.timers) clearInterval(timer);
    this.removeAllListeners();
  }

  private async run(schedule: Schedule): Promise<void> {
    const { error } = await this.invoke(schedule);
    if (error !== undefined) this.emit('failed', schedule, error);
  }
}
