import { fingerprint } from '../../processor/fingerprint';
import {
  entitiesOf,
  type Generation,
  placeOf,
  placesIn,
  type Snapshot,
  WHOLE_COVERAGE_SECONDS,
} from '../../processor/history/history';
import { layouts, packRecord } from '../../processor/history/record';
import { Timeline } from '../../processor/history/timeline';
import type { RebuildHistory, RebuildStore } from '../../processor/rebuild';
import type { Arrival, Judgement, Quarantined, TransactionStore } from '../../processor/store/store';
import type { Transaction, TransactionRef, Verdict } from '../../processor/types';
import { HOUR } from './transactions';

/** Called before and after a store does its work: where others get their turn, or the worker dies. */
export type Turn = (call: string) => Promise<void>;

const WHOLE = Number.NEGATIVE_INFINITY;
const NOTHING = Buffer.alloc(0);
const generationOf = (position: number) => Math.floor(position / 2 ** 40);
const portion = 3;
const inItsOwnTurn = ({ triggeredBy, transaction }: Judgement) =>
  triggeredBy === transaction.transactionId || triggeredBy.startsWith('rebuild/');
const inOrder = ({ occurredAt, transactionId }: Transaction): [time: number, id: string] => [occurredAt, transactionId];
const isAfter = ({ occurredAt, transactionId }: Transaction, [time, id]: [time: number, id: string]) =>
  occurredAt > time || (occurredAt === time && transactionId > id);

/** Permanent storage in memory, with the same promises as PostgreSQL's: a call happens whole, at one moment, or not at all. */
export class MemoryStore implements TransactionStore, RebuildStore {
  readonly transactions = new Map<string, Arrival>();
  readonly quarantine = new Map<string, Quarantined>();
  readonly judgements = new Map<string, Judgement>();
  readonly shadow: Judgement[] = [];
  /** The first is there before any transaction, and is begun by who first finds the cache unmarked. */
  readonly generations: (Generation & { lost: boolean })[] = [{ number: 1, completeAfter: WHOLE, lost: false }];
  private firstBegun = false;

  constructor(private readonly turn: Turn) {}

  async accept(arrivals: readonly Arrival[], quarantined: readonly Quarantined[]) {
    return this.atomically('accept', () => {
      const before = this.transactions.size;
      const repeated = new Set<string>();
      const conflicts = new Set<string>();
      for (const arrival of arrivals) {
        const { transactionId } = arrival.transaction;
        const known = this.transactions.get(transactionId);
        if (known === undefined) this.transactions.set(transactionId, arrival);
        else repeated.add(transactionId);
        if (known !== undefined && known.contentHash !== arrival.contentHash) conflicts.add(arrival.eventId);
      }
      for (const q of quarantined) this.quarantine.set(q.eventId, q);
      const judged = new Set(
        [...this.judgements.values()]
          .filter((j) => j.triggeredBy === j.transaction.transactionId)
          .map((j) => j.triggeredBy),
      );
      return { stored: this.transactions.size - before, repeated, conflicts, judged };
    });
  }

  async load(refs: readonly TransactionRef[]) {
    return this.atomically('load', () =>
      this.all().filter((t) =>
        refs.some((ref) => ref.occurredAt === t.occurredAt && ref.print === fingerprint(t.transactionId)),
      ),
    );
  }

  async record(
    judgements: readonly Judgement[],
    shadow: readonly Judgement[],
    generation: number,
    _repeated?: ReadonlySet<string>,
  ) {
    return this.atomically('record', () => {
      const newest = this.newestGeneration();
      const own = this.generations.find(({ number }) => number === generation) as Generation;
      if (newest.completeAfter < own.completeAfter) return false;
      for (const j of judgements) {
        const key = JSON.stringify([j.transaction.transactionId, j.position, j.triggeredBy]);
        if (!this.judgements.has(key)) this.judgements.set(key, j);
      }
      this.shadow.push(...shadow);
      return true;
    });
  }

  async currentGeneration() {
    return this.atomically('currentGeneration', () => this.newestGeneration());
  }

  async beginGeneration(known: number) {
    return this.atomically('beginGeneration', () => {
      const begun = !this.firstBegun || this.newestGeneration().number <= known;
      if (begun && this.firstBegun)
        this.begin(Math.max(WHOLE, ...this.all().map(({ occurredAt }) => occurredAt)), true);
      this.firstBegun = true;
      return { generation: this.newestGeneration(), begun };
    });
  }

  async newest() {
    return this.atomically('newest', () => Math.max(WHOLE, ...this.all().map(({ occurredAt }) => occurredAt)));
  }

  async *between(after: number, through: number) {
    yield* await this.portions('between', () =>
      this.all().filter(({ occurredAt }) => occurredAt > after && occurredAt <= through),
    );
  }

  async complete(incomplete: Generation, completeAfter: number) {
    return this.atomically('complete', () => {
      const begun = this.newestGeneration().number === incomplete.number;
      if (begun) this.begin(completeAfter, false);
      return { generation: this.newestGeneration(), begun };
    });
  }

  async *incompletelyJudged() {
    let last: [time: number, id: string] = [WHOLE, ''];
    for (;;) {
      const found = await this.atomically('incompletelyJudged', () =>
        [...this.current(inItsOwnTurn).values()]
          .filter(({ coverageSeconds, position, transaction }) => {
            const generation = this.generations.find(({ number }) => number === generationOf(position));
            return coverageSeconds < WHOLE_COVERAGE_SECONDS && generation?.lost === true && isAfter(transaction, last);
          })
          .sort((a, b) => (isAfter(a.transaction, inOrder(b.transaction)) ? 1 : -1))
          .slice(0, portion)
          .map(({ transaction, late }) => ({ transaction, late })),
      );
      const end = found.at(-1);
      if (end === undefined) return;
      last = inOrder(end.transaction);
      yield found;
    }
  }

  async histories(transactions: readonly Transaction[]) {
    return this.atomically('histories', () => {
      const timelines = new Map<string, Timeline>();
      for (const { kind, key } of transactions.flatMap(entitiesOf)) {
        const records = this.all()
          .filter((t) => entitiesOf(t).some((entity) => entity.key === key))
          .map((t) => packRecord(kind, layouts[kind].record(t) as never));
        timelines.set(key, Timeline.parse(kind, Buffer.concat(records)));
      }
      return timelines;
    });
  }

  /** The current judgement of each transaction, or the last of those that `counts`. */
  current(counts: (judgement: Judgement) => boolean = () => true): Map<string, Judgement> {
    const sorted = [...this.judgements.values()].filter(counts).sort((a, b) => a.position - b.position);
    return new Map(sorted.map((j) => [j.transaction.transactionId, j]));
  }

  verdicts(): Map<string, Verdict> {
    return new Map([...this.current()].map(([id, { verdict }]) => [id, verdict]));
  }

  private all(): Transaction[] {
    return [...this.transactions.values()].map(({ transaction }) => transaction);
  }

  private begin(completeAfter: number, lost: boolean): void {
    this.generations.push({ number: this.generations.length + 1, completeAfter, lost });
  }

  private newestGeneration(): Generation {
    const { number, completeAfter } = this.generations.at(-1) as Generation;
    return { number, completeAfter };
  }

  private async portions<T>(call: string, select: () => T[]): Promise<T[][]> {
    const found = await this.atomically(call, select);
    return Array.from({ length: Math.ceil(found.length / portion) }, (_, i) =>
      found.slice(i * portion, (i + 1) * portion),
    );
  }

  private async atomically<T>(call: string, work: () => T): Promise<T> {
    await this.turn(`before ${call}`);
    const result = work();
    await this.turn(`after ${call}`);
    return result;
  }
}

/** A cache in memory that can be emptied and can fail over, as Valkey can. */
export class MemoryCache {
  histories = new Map<string, Buffer>();
  marker: { generation: Generation; server: number } | undefined;
  server = 1;
  private replica: Pick<MemoryCache, 'histories' | 'marker'> = { histories: this.histories, marker: undefined };

  empty(): void {
    this.histories = new Map();
    this.marker = undefined;
  }

  /** The replica has all that there is now; what comes is not there yet. */
  replicate(): void {
    this.replica = { histories: new Map(this.histories), marker: this.marker };
  }

  failOver(): void {
    this.server += 1;
    this.histories = new Map(this.replica.histories);
    this.marker = this.replica.marker;
  }
}

/** A worker's connection to a cache in memory, with the promises of the scripts: each happens whole, at one moment. */
export class MemoryHistory implements RebuildHistory {
  private generation: Generation | undefined;

  constructor(
    private readonly cache: MemoryCache,
    private readonly store: Pick<TransactionStore, 'beginGeneration'>,
    private readonly turn: Turn,
  ) {}

  append(transactions: readonly Transaction[]) {
    return this.marked('append', () => {
      for (const t of transactions) {
        for (const { kind, key } of entitiesOf(t)) this.add(key, packRecord(kind, layouts[kind].record(t) as never));
      }
      return this.snapshot(transactions);
    });
  }

  read(transactions: readonly Transaction[]) {
    return this.marked('read', () => this.snapshot(transactions));
  }

  async restore(transactions: readonly Transaction[]) {
    const snapshot = await this.read(transactions);
    return this.marked('restore', () => {
      let missing = 0;
      for (const t of transactions) {
        for (const [i, { kind, key }] of entitiesOf(t).entries()) {
          const { ref, timelines } = placeOf(snapshot, t);
          if (timelines[i]?.has(ref)) continue;
          missing += 1;
          this.add(key, packRecord(kind, layouts[kind].record(t) as never));
        }
      }
      return missing;
    });
  }

  async advance(from: Generation, to: Generation): Promise<void> {
    await this.turn('before advance');
    const { cache } = this;
    if (cache.marker?.generation.number === from.number && cache.marker.server === cache.server)
      cache.marker = { generation: to, server: cache.server };
    await this.turn('after advance');
  }

  private add(key: string, record: Buffer): void {
    this.cache.histories.set(key, Buffer.concat([this.cache.histories.get(key) ?? NOTHING, record]));
  }

  private snapshot(transactions: readonly Transaction[]): Snapshot {
    const timelines = new Map(
      transactions
        .flatMap(entitiesOf)
        .map(({ kind, key }) => [key, Timeline.parse(kind, this.cache.histories.get(key) ?? NOTHING, HOUR)]),
    );
    return { generation: this.generation as Generation, timelines, places: placesIn(timelines, transactions) };
  }

  /** Does `work` once the cache is marked with the generation that this worker believes in. */
  private async marked<T>(call: string, work: () => T): Promise<T> {
    for (;;) {
      await this.turn(`before ${call}`);
      const seen = this.cache.marker;
      if (seen !== undefined && seen.server === this.cache.server) {
        this.generation = seen.generation;
        const result = work();
        await this.turn(`after ${call}`);
        return result;
      }
      const known = Math.max(this.generation?.number ?? 0, seen?.generation.number ?? 0);
      const { generation, begun } = await this.store.beginGeneration(known);
      this.generation = generation;
      await this.turn('before mark');
      if (begun && this.cache.marker === seen) this.cache.marker = { generation, server: this.cache.server };
    }
  }
}
