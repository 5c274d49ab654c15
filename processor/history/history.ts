import type { EntityKind, Histories, Transaction } from '../types';
import { ENTITY_KINDS, layouts, type RecordOf } from './record';
import { Timeline } from './timeline';

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
   * Histories hold every accepted transaction that happened after this time, milliseconds since 1970-01-01T00:00:00Z;
   * -Infinity where nothing is missing.
   */
  completeAfter: number;
}

/** The history of every entity of a batch, read at one moment. */
export interface Snapshot {
  generation: Generation;
  /** By key. */
  timelines: ReadonlyMap<string, Timeline>;
}

/** Where histories are kept. Each call is one round trip, whatever the number of entities, and one atomic step. */
export interface HistoryStore {
  /** Appends each transaction to the history of each of its entities, then reads those histories. */
  append(transactions: readonly Transaction[]): Promise<Snapshot>;
  /** Reads the histories of all entities of the transactions. */
  read(transactions: readonly Transaction[]): Promise<Snapshot>;
  /** Drops what nobody needs any more from histories that are mostly that. */
  trim(snapshot: Snapshot): Promise<void>;
}

/** The prefix of every key, to which the processor's access to Redis is limited. */
const KEY_PREFIX = 'history:';

const known = new WeakMap<Transaction, Entity[]>();

/** The entities of a transaction, at most one of each kind. They are worked out once: a batch asks for them often. */
export function entitiesOf(transaction: Transaction): readonly Entity[] {
  let entities = known.get(transaction);
  if (entities === undefined) {
    entities = ENTITY_KINDS.flatMap((kind) => {
      const id = layouts[kind].entity(transaction);
      return id === undefined ? [] : [{ kind, key: `${KEY_PREFIX}${kind}:${id}` }];
    });
    known.set(transaction, entities);
  }
  return entities;
}

/** The timelines of a transaction's entities. */
export function timelinesOf(snapshot: Snapshot, transaction: Transaction): Timeline[] {
  return entitiesOf(transaction).map(
    ({ kind, key }) => snapshot.get(key) ?? Timeline.parse<EntityKind>(kind, Buffer.alloc(0)),
  );
}

/** The histories a transaction is judged on. */
export function historiesOf(snapshot: Snapshot, transaction: Transaction): Histories {
  const entities = entitiesOf(transaction);
  const before = <K extends EntityKind>(kind: K): readonly RecordOf[K][] => {
    const entity = entities.find((candidate) => candidate.kind === kind);
    const timeline = entity && (snapshot.get(entity.key) as Timeline<K> | undefined);
    return timeline?.before(transaction) ?? [];
  };
  return { customer: before('customer'), token: before('token'), device: before('device'), address: before('address') };
}
