import type { EntityKind, Facts, NamedRef, Transaction } from '../types';
import { ENTITY_KINDS, layouts, type RecordOf, refOf } from './record';
import { Timeline, WINDOW_MS } from './timeline';

/** An entity whose history is kept, and its key in Redis. */
export interface Entity {
  kind: EntityKind;
  key: string;
}

/**
 * A stretch of the cache's life in which it lost nothing. A new one begins when the cache was emptied or failed over, and
 * when its histories have been rebuilt.
 */
export interface Generation {
  /** From 1, one more for each. */
  number: number;
  /**
   * Histories hold every accepted transaction that happened after this time but for what was trimmed, milliseconds since
   * 1970-01-01T00:00:00Z; -Infinity in the first.
   */
  completeAfter: number;
}

/** The histories of every entity of a batch, read at one moment. */
export interface Snapshot {
  generation: Generation;
  /** By key. */
  timelines: ReadonlyMap<string, Timeline>;
  /** Of each transaction of the batch. */
  places: ReadonlyMap<Transaction, Place>;
  /** The cache's own, read before, where `timelines` are not the cache's. */
  cached?: Pick<Snapshot, 'places'>;
}

/** What histories know a transaction by, and those of its entities. */
export interface Place {
  ref: NamedRef;
  timelines: readonly Timeline[];
}

/** Where histories are kept. Each call is one round trip, whatever the number of entities, and one atomic step. */
export interface HistoryStore {
  /**
   * Appends each transaction to the history of each of its entities, from which it drops what no transaction within the
   * allowed lateness can need, then reads those histories.
   */
  append(transactions: readonly Transaction[]): Promise<Snapshot>;
  /** Reads the histories of all entities of the transactions. */
  read(transactions: readonly Transaction[]): Promise<Snapshot>;
  /** Makes `to` the generation of the histories, unless it is no longer `from`. */
  advance(from: Generation, to: Generation): Promise<void>;
}

/** The whole of what a transaction is judged on, seconds. */
export const WHOLE_COVERAGE_SECONDS = WINDOW_MS / 1000;

/** Each generation's positions are above all of the ones before; a day of one entity has far fewer transactions. */
const POSITIONS_OF_A_GENERATION = 2 ** 40;

/** The prefix of every key, to which the processor's access to Redis is limited. */
export const KEY_PREFIX = 'history:';

/** Version of the format of histories: one that this code cannot read has another key. */
const FORMAT = 2;

/** The key of an entity's history. */
export function keyOf({ kind, id }: { kind: EntityKind; id: string }): string {
  return `${KEY_PREFIX}${FORMAT}:${kind}:${id}`;
}

const PREFIXES = ENTITY_KINDS.map((kind) => ({
  kind,
  prefix: keyOf({ kind, id: '' }),
  idOf: layouts[kind].entity,
}));

/** The entities of a transaction, at most one of each kind. */
export function entitiesOf(transaction: Transaction): readonly Entity[] {
  const entities: Entity[] = [];
  for (const { kind, prefix, idOf } of PREFIXES) {
    const id = idOf(transaction);
    if (id !== undefined) entities.push({ kind, key: prefix + id });
  }
  return entities;
}

/** Finds the place of each transaction in histories that are there by key. */
export function placesIn(
  timelines: Snapshot['timelines'],
  transactions: readonly Transaction[],
): Map<Transaction, Place> {
  return new Map(
    transactions.map((transaction) => [
      transaction,
      {
        ref: refOf(transaction),
        timelines: entitiesOf(transaction).map(
          ({ kind, key }) => timelines.get(key) ?? Timeline.parse<EntityKind>(kind, Buffer.alloc(0)),
        ),
      },
    ]),
  );
}

/** @throws when the transaction is none of those that the snapshot was taken of */
export function placeOf({ places }: Pick<Snapshot, 'places'>, transaction: Transaction): Place {
  const place = places.get(transaction);
  if (place === undefined) throw new Error('a transaction was judged on histories that were not read for it');
  return place;
}

/** What a transaction is judged on. */
export function factsOf({ ref, timelines }: Place, listHits: Facts['listHits'], idOf: Facts['idOf']): Facts {
  const histories: Record<EntityKind, readonly RecordOf[EntityKind][]> = {
    customer: [],
    token: [],
    device: [],
    address: [],
  };
  for (const timeline of timelines) histories[timeline.kind] = timeline.before(ref, idOf);
  return { ...histories, listHits, idOf } as Facts;
}

/**
 * Orders judgements of one transaction: by the generation of the histories they rest on, then by how many transactions had
 * ever been appended to them. Below 2^53 for the first 8,191 generations.
 */
export function positionOf({ number }: Generation, timelines: readonly Timeline[]): number {
  let appended = 0;
  for (const timeline of timelines) appended += timeline.appended;
  return number * POSITIONS_OF_A_GENERATION + appended;
}

/** How much of the 24 hours before a transaction its histories cover, whole seconds, 0 to 86,400. */
export function coverageOf(
  { completeAfter }: Generation,
  timelines: readonly Timeline[],
  { occurredAt }: Transaction,
): number {
  let since = completeAfter;
  for (const timeline of timelines) since = Math.max(since, timeline.trimmedThrough);
  return Math.floor(Math.min(WINDOW_MS, Math.max(0, occurredAt - since)) / 1000);
}

/** Whether each of a transaction's histories holds the transaction and all that it is judged on. */
export function isWhole(snapshot: Snapshot, transaction: Transaction): boolean {
  const { ref, timelines } = placeOf(snapshot, transaction);
  return (
    coverageOf(snapshot.generation, timelines, transaction) === WHOLE_COVERAGE_SECONDS &&
    timelines.every((timeline) => timeline.has(ref))
  );
}
