import { ACCEPTED, type Accepted } from './accepted';
import type { Result } from './checkov';

/** Failed checks without a reason, and reasons that no failed check needs: one sentence each. */
export function problemsOf(results: readonly Result[], accepted: readonly Accepted[] = ACCEPTED): string[] {
  const failed = results.filter(({ passed }) => !passed);
  const unexplained = failed
    .filter((result) => !accepted.some((one) => one.on.some((pattern) => explains(one, pattern, result))))
    .map(({ graph, check, title, resource }) => `${graph}: ${resource} fails ${check} (${title})`);
  const idle = accepted.flatMap((one) =>
    one.on
      .filter((pattern) => !failed.some((result) => explains(one, pattern, result)))
      .map((pattern) => `scripts/scan/accepted.ts explains ${one.check} on ${pattern}, where it does not fail`),
  );
  return [...unexplained, ...idle];
}

function explains(accepted: Accepted, pattern: string, { graph, check, resource }: Result): boolean {
  const named = pattern.endsWith('.*') ? resource.startsWith(pattern.slice(0, -1)) : resource === pattern;
  return check === accepted.check && named && (accepted.in?.includes(graph) ?? true);
}
