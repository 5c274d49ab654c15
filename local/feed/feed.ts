import type { Options } from '../options';
import type { Platform } from '../platform';
import { LineFile } from './file';
import { generateTraffic } from './generator/traffic';
import { FeedProducer } from './producer';
import { pump } from './pump';
import { type Label, type OversizeLine, recordsOf } from './records';

/**
 * Records that may be in the stream and not yet settled: some batches for each concurrent invocation, about a second of
 * latency at full speed.
 */
const MAX_UNSETTLED = 3_000;
/** Oversize lines that are kept. */
const MAX_NAMED_LINES = 20;
/** Every run without a file shows the same customers. */
const SEED = 1;

/** What a run streams: a file or generated traffic, its pace, and how far it has come. */
export class Feed {
  /** The file, or `generator`. */
  readonly source: string;
  /** For people. */
  readonly pace: string;
  /** Lines that no stream accepts, and the first of them. */
  readonly oversizeLines: { total: number; first: OversizeLine[] } = { total: 0, first: [] };
  readonly #file: LineFile | undefined;
  readonly #speed: number | 'max';
  /** Records that the ingest refuses, where there is one; the stream refuses none. */
  refused = 0;
  readonly #producer: FeedProducer;
  readonly #signal: AbortSignal;

  /** @param signal aborting it ends the feed */
  constructor({ input, speed }: Pick<Options, 'input' | 'speed'>, platform: Platform, signal: AbortSignal) {
    this.#file = input === undefined ? undefined : new LineFile(input);
    this.#speed = input === undefined ? 1 : speed;
    this.#signal = signal;
    this.source = input ?? 'generator';
    this.pace = input === undefined ? 'as it happens' : speed === 'max' ? 'at full speed' : `at speed ${speed}`;
    this.#producer = new FeedProducer({
      platform,
      signal,
      maxUnsettled: MAX_UNSETTLED,
      onRefused: () => void this.refused++,
    });
  }

  /** Whether it ends by itself. */
  get ends(): boolean {
    return this.#file !== undefined;
  }

  /** Records that the stream has accepted. */
  get put(): number {
    return this.#producer.put;
  }

  /** Records put and refused, and lines that no stream accepts. */
  get read(): number {
    return this.#producer.put + this.refused + this.oversizeLines.total;
  }

  /** Part of the file that has been read, 0 to 1; undefined where there is no end. */
  get fraction(): number | undefined {
    return this.#file?.fraction;
  }

  /**
   * Streams everything, or until the signal aborts.
   *
   * @param onLabel hears of each part of an injected pattern once it is on its way
   * @throws the signal's reason when it aborts; Error when the file cannot be read or the stream refuses records
   */
  async stream(onLabel: (label: Label) => void): Promise<void> {
    const pumped = pump({
      source: this.#file ? recordsOf(this.#file) : generateTraffic({ seed: SEED, start: Date.now() }),
      producer: this.#producer,
      speed: this.#speed,
      signal: this.#signal,
      onLabel,
      onOversize: (line) => {
        this.oversizeLines.total++;
        if (this.oversizeLines.first.length < MAX_NAMED_LINES) this.oversizeLines.first.push(line);
      },
    });
    await pumped.finally(() => this.#producer.close());
  }
}
