import type { EventEmitter } from 'node:events';

/** One Ctrl-C can arrive twice, from the terminal and from npm; only one that comes later than this counts as a second, milliseconds. */
const SAME_INTERRUPT_MS = 1_000;

/**
 * Aborts when the run is to end: on a signal, or when nobody reads its output any more.
 *
 * @param signals what the signals arrive at, this process
 * @param outputs streams that nobody may read any more; one that is lost behind a Ctrl-C, as `| tee` is, hurries nothing
 * @param endAtOnce called on a second signal
 */
export function interruptSignal(
  signals: EventEmitter,
  outputs: readonly EventEmitter[],
  endAtOnce: () => void,
): AbortSignal {
  const controller = new AbortController();
  let first = Number.POSITIVE_INFINITY;
  const interrupt = () => {
    if (performance.now() - first > SAME_INTERRUPT_MS) endAtOnce();
    first = Math.min(first, performance.now());
    controller.abort(new Error('interrupted'));
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) signals.on(name, interrupt);
  for (const output of outputs) output.on('error', () => controller.abort(new Error('nobody reads the output')));
  return controller.signal;
}
