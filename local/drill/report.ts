import type { DrillResult } from './drill';
import { FAULTS } from './faults';

/** What a drill came to, for people. */
export function reportOf({ seed, put, strikes, failedAttempts, problems }: DrillResult): string[] {
  const lines = FAULTS.map((fault) => {
    const times = strikes.filter((strike) => strike.fault === fault);
    const back = times.flatMap(({ recoveredMs }) => recoveredMs ?? []).map((ms) => (ms / 1_000).toFixed(1));
    const never = times.length - back.length;
    return `  ${fault.padEnd(10)}  ${times.length} times, a batch stored again after ${back.join(', ') || '-'} s${never > 0 ? `, not after ${never}` : ''}`;
  });
  return [
    `Drill of seed ${seed}: ${put} records put, ${strikes.length} faults, ${failedAttempts} attempts failed and were made again`,
    ...lines,
    ...(problems.length === 0
      ? ['  Nothing is lost, nothing is double, and all verdicts are those of a brute-force computation.']
      : problems.map((problem) => `! ${problem}`)),
  ];
}
