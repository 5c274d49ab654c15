import { setTimeout as wait } from 'node:timers/promises';
import type { RebuildHistory } from '../rebuild';
import type { TransactionStore } from '../store/store';
import type { EntityKind, Transaction } from '../types';
import type { RedisConnection } from './connection';
import { type Entity, entitiesOf, type Generation, KEY_PREFIX, type Place, type Snapshot } from './history';
import { formatMarker, type Marker, parseMarker } from './marker';
import { layouts, packAll, type RecordOf, refOf } from './record';
import type { Reply } from './resp';
import { ADVANCE, APPEND_AND_READ, REPLACE } from './scripts';
import { expiryMs, Timeline, WINDOW_MS } from './timeline';

const MARKER_KEY = `${KEY_PREFIX}generation`;
/** How often, and after how many milliseconds, to look for the marker of whoever has begun a generation. */
const MARKER_LOOKS = 3;
const MARKER_LOOK_MS = 100;

const NOTHING = Buffer.alloc(0);

export interface RedisHistoryOptions {
  /** Opens a connection to the primary, signed in. */
  connect(): Promise<RedisConnection>;
  beginGeneration: TransactionStore['beginGeneration'];
  /** How far behind the newest of its entity a transaction may arrive and still be judged on its whole history, milliseconds. */
  allowedLatenessMs: number;
}

/**
 * Keeps each history as one string of packed records under one key, which expires by itself. A connection that breaks fails
 * what is under way, and the next call opens another.
 */
export class RedisHistoryStore implements RebuildHistory {
  private connection: RedisConnection | undefined;
  private opening: Promise<RedisConnection> | undefined;
  /** The marker this worker believes in, and what it says. */
  private believed: { text: string; generation: Generation } | undefined;
  /** Number of the newest generation that it ever heard of. */
  private known = 0;

  constructor(private readonly options: RedisHistoryOptions) {}

  async append(transactions: readonly Transaction[]): Promise<Snapshot> {
    const histories = historiesOf(transactions);
    for (const [transaction, own] of histories.ofTransactions) {
      const packed = packAll(transaction);
      for (const { entity, records } of own) records.push(packed[entity.kind]);
    }
    return this.appendAndRead(histories, this.trimmingOf(transactions));
  }

  async read(transactions: readonly Transaction[]): Promise<Snapshot> {
    return this.appendAndRead(historiesOf(transactions), ['', '']);
  }

  async advance(from: Generation, to: Generation): Promise<void> {
    const connection = await this.connected();
    const server = await replicationId(connection);
    await this.mark(connection, formatMarker(from, server), formatMarker(to, server));
  }

  /**
   * Puts the transactions that a history lacks where they would be had they arrived in order of event time, but for those
   * from before what was trimmed.
   *
   * @returns how many records were missing
   */
  async restore(transactions: readonly Transaction[]): Promise<number> {
    const byEntity = new Map<string, { kind: EntityKind; transactions: Transaction[] }>();
    for (const transaction of transactions.toSorted((a, b) => a.occurredAt - b.occurredAt)) {
      for (const { kind, key } of entitiesOf(transaction)) {
        const entry = byEntity.get(key);
        if (entry === undefined) byEntity.set(key, { kind, transactions: [transaction] });
        else entry.transactions.push(transaction);
      }
    }
    let restored = 0;
    while (byEntity.size > 0) {
      const { timelines } = await this.read(transactions);
      const fills = [...byEntity].flatMap(([key, entry]) => {
        const timeline = timelines.get(key) as Timeline;
        const missing = entry.transactions.filter(
          (transaction) => transaction.occurredAt > timeline.trimmedThrough && !timeline.has(refOf(transaction)),
        );
        if (missing.length === 0) {
          byEntity.delete(key);
          return [];
        }
        const records = missing.map((transaction) => layouts[entry.kind].record(transaction));
        return [{ key, count: missing.length, ...timeline.restored(records as RecordOf[EntityKind][]) }];
      });
      if (fills.length === 0) break;
      const done = await this.replace(fills);
      for (const [i, { key, count }] of fills.entries()) {
        if (!done[i]) continue;
        restored += count;
        byEntity.delete(key);
      }
    }
    return restored;
  }

  /** Ends the connection, if there is one. */
  close(): void {
    this.connection?.close();
  }

  /**
   * What a batch leaves of the histories that it is appended to: everything from after a time, milliseconds since
   * 1970-01-01T00:00:00Z, and, where some of the batch are late, everything so many milliseconds before what is appended.
   * Of what is within the allowed lateness, in the order of the batch, the oldest counts: what it overtakes is judged again, on
   * histories that another of the batch may be appended to.
   */
  private trimmingOf(transactions: readonly Transaction[]): [before: string, through: string] {
    const { allowedLatenessMs } = this.options;
    const keepMs = WINDOW_MS + allowedLatenessMs;
    let [oldest, newest, late] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, false];
    for (const { occurredAt } of transactions) {
      newest = Math.max(newest, occurredAt);
      if (occurredAt < newest - allowedLatenessMs) late = true;
      else oldest = Math.min(oldest, occurredAt);
    }
    return [late ? String(keepMs) : '', String(oldest - keepMs)];
  }

  private async appendAndRead(
    { byKey, ofTransactions }: Histories,
    trimming: [before: string, through: string],
  ): Promise<Snapshot> {
    const all = [...byKey.values()];
    const { replies, generation } = await this.run(
      APPEND_AND_READ,
      [...byKey.keys()],
      [this.expirySeconds, ...trimming, ...all.map(({ records }) => joined(records))],
    );
    const timelines = new Map<string, Timeline>();
    for (const [i, history] of all.entries()) {
      const { kind, key } = history.entity;
      const packed = (replies[i] as Buffer | null) ?? NOTHING;
      history.timeline = Timeline.parse<EntityKind>(kind, packed, this.options.allowedLatenessMs);
      timelines.set(key, history.timeline);
    }
    const places = new Map<Transaction, Place>();
    for (const [transaction, own] of ofTransactions) {
      places.set(transaction, { ref: refOf(transaction), timelines: own.map(({ timeline }) => timeline as Timeline) });
    }
    return { generation, timelines, places };
  }

  /** Replaces histories as they were read. @returns for each whether it still began so */
  private async replace(entries: readonly { key: string; from: Buffer; to: Buffer }[]): Promise<boolean[]> {
    const keys = entries.map(({ key }) => key);
    const values = entries.flatMap(({ from, to }) => [from, to]);
    const { replies } = await this.run(REPLACE, keys, [this.expirySeconds, ...values]);
    return replies.map((reply) => reply === 1);
  }

  private get expirySeconds(): string {
    return String(expiryMs(this.options.allowedLatenessMs) / 1000);
  }

  /** Runs a script that does nothing but return the marker unless it is the one that this worker believes in. */
  private async run(
    script: string,
    keys: readonly string[],
    values: readonly (string | Buffer)[],
  ): Promise<{ replies: Reply[]; generation: Generation }> {
    const connection = await this.connected();
    try {
      for (;;) {
        const { believed } = this;
        const replies = await connection.call([
          ...['EVAL', script, String(keys.length + 1), MARKER_KEY],
          ...keys,
          believed?.text ?? '',
          ...values,
        ]);
        if (Array.isArray(replies) && believed !== undefined) return { replies, generation: believed.generation };
        await this.agree(connection, parseMarker(replies));
      }
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Believes the marker that was seen, if it is of this server; begins a generation otherwise, for then something was lost. */
  private async agree(connection: RedisConnection, seen: Marker | undefined): Promise<void> {
    const server = await replicationId(connection);
    if (seen !== undefined && seen.server === server) {
      this.believed = seen;
      this.known = Math.max(this.known, seen.generation.number);
      return;
    }
    const { generation, begun } = await this.options.beginGeneration(
      Math.max(this.known, seen?.generation.number ?? 0),
    );
    this.known = generation.number;
    if (begun) return this.mark(connection, seen?.text ?? '', formatMarker(generation, server));
    // Whoever began it is about to mark the histories with it, unless it died.
    for (let look = 0; look < MARKER_LOOKS; look++) {
      await wait(MARKER_LOOK_MS);
      const now = parseMarker(await connection.call(['GET', MARKER_KEY]));
      if (now?.text !== seen?.text) return;
    }
  }

  /** Replaces the marker, unless it is no longer `from`, empty for none. */
  private async mark(connection: RedisConnection, from: string, to: string): Promise<void> {
    await connection.call(['EVAL', ADVANCE, '1', MARKER_KEY, from, to]);
  }

  private async connected(): Promise<RedisConnection> {
    if (this.connection?.usable) return this.connection;
    // Another server may have taken the place of the one that the marker was read on, with the same marker.
    this.believed = undefined;
    this.opening ??= this.options.connect().finally(() => {
      this.opening = undefined;
    });
    this.connection = await this.opening;
    return this.connection;
  }
}

/** A history of a batch, what is to be appended to it, and what is read. */
interface History {
  entity: Entity;
  records: Buffer[];
  timeline?: Timeline;
}

interface Histories {
  byKey: Map<string, History>;
  ofTransactions: Map<Transaction, History[]>;
}

function historiesOf(transactions: readonly Transaction[]): Histories {
  const byKey = new Map<string, History>();
  const ofTransactions = new Map<Transaction, History[]>();
  for (const transaction of transactions) {
    const own: History[] = [];
    for (const entity of entitiesOf(transaction)) {
      let history = byKey.get(entity.key);
      if (history === undefined) {
        history = { entity, records: [] };
        byKey.set(entity.key, history);
      }
      own.push(history);
    }
    ofTransactions.set(transaction, own);
  }
  return { byKey, ofTransactions };
}

function joined(buffers: readonly Buffer[]): Buffer {
  return buffers.length === 1 ? (buffers[0] as Buffer) : Buffer.concat(buffers);
}

/** What tells a server from one that took its place, or its own life from the one before a restart. */
async function replicationId(connection: RedisConnection): Promise<string> {
  const [, id] = /^master_replid:(\w+)/m.exec(String(await connection.call(['INFO', 'replication']))) ?? [];
  if (id === undefined) throw new Error('INFO replication has no master_replid; the cache is no Redis or Valkey');
  return id;
}
