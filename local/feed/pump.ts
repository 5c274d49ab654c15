import { setTimeout as sleep } from 'node:timers/promises';
import type { FeedProducer } from './producer';
import type { FeedItem, Label, OversizeLine } from './records';

/** Waits shorter than this are not made, milliseconds: timers are not that exact, and requests get larger. */
const SHORTEST_WAIT_MS = 5;
/** A time further ahead of the clock than this is a mistake that the processor refuses, milliseconds: nobody waits for it. */
const MAX_AHEAD_MS = 5 * 60_000;

export interface PumpOptions {
  source: AsyncIterable<FeedItem> | Iterable<FeedItem>;
  producer: Pick<FeedProducer, 'add' | 'flush'>;
  /** Multiple of the feed's own time; `max` does not wait. */
  speed: number | 'max';
  signal: AbortSignal;
  onOversize: (line: OversizeLine) => void;
  onLabel?: (label: Label) => void;
  /** The clock, milliseconds. @default Date.now */
  now?: () => number;
  /** @default node:timers/promises */
  wait?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
}

/**
 * Hands a feed's records to the producer, each no earlier than its time: the first at once, the others as far behind it as
 * their times are, divided by the speed. A record whose time lies behind goes at once.
 *
 * @throws the signal's reason when it aborts; whatever source or producer throw
 */
export async function pump(options: PumpOptions): Promise<void> {
  const { source, producer, speed, signal, now = Date.now } = options;
  const wait = options.wait ?? ((milliseconds) => sleep(milliseconds, undefined, { signal }));
  const started = now();
  let firstTime: number | undefined;
  for await (const item of source) {
    signal.throwIfAborted();
    if ('line' in item) {
      options.onOversize(item);
      continue;
    }
    if (speed !== 'max' && item.time !== undefined && item.time <= now() + MAX_AHEAD_MS) {
      firstTime ??= item.time;
      const early = (item.time - firstTime) / speed - (now() - started);
      if (early >= SHORTEST_WAIT_MS) {
        await producer.flush();
        await waitLong(early, (part) => wait(part, signal));
      }
    }
    await producer.add(item);
    if (item.label) options.onLabel?.(item.label);
  }
  await producer.flush();
}

/** Timers hold at most 2^31 - 1 milliseconds, 24.8 days; a file may have longer gaps. */
async function waitLong(milliseconds: number, wait: (part: number) => Promise<unknown>): Promise<void> {
  const longest = 2 ** 31 - 1;
  for (let left = milliseconds; left > 0; left -= longest) await wait(Math.min(left, longest));
}
