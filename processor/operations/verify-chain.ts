import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { ClientBase } from 'pg';
import * as z from 'zod';
import {
  type AuditedRow,
  BEFORE_THE_FIRST,
  contentHash,
  type Link,
  linkHash,
  personalHolds,
  SOURCES,
  type Source,
} from '../audit-chain';
import { inTransactionOf } from '../in-transaction';
import { defineOperation } from './operation';

/** Rows of the chain that are read at a time. */
const PORTION = 5_000;
/** Heads that one request may name: a year of hourly ones, thinned out to three a day. */
const MOST_EXPECTED = 1_100;

const HASH = 'must be a SHA-256 hash in 64 hexadecimal digits';
const SEQUENCE = 'must be the number of a row, an integer from 1';

/** A row of the chain by its number, and its hash, which covers all rows up to it. */
export interface Head {
  sequence: number;
  /** Hex. */
  hash: string;
}

/**
 * The first row that is not as it was recorded:
 * - `altered`: it holds something else;
 * - `missing`: it is gone;
 * - `reordered`: it is at the place of another one;
 * - `rewritten`: the chain holds, but is another one than the expected;
 * - `truncated`: the chain ends before what was expected;
 * - `unchained`: it is in its table and not in the chain, whose end was cut off, or which it was written past.
 */
export interface Break {
  how: 'altered' | 'missing' | 'reordered' | 'rewritten' | 'truncated' | 'unchained';
  /** Place in the chain; null where it has none. */
  sequence: number | null;
  /** The audited table, and the row's `id` there (of a rule set, its version); null where only the chain is concerned. */
  table: Source | 'rule_sets' | null;
  row: string | null;
  detail: string;
}

export interface ChainVerification {
  intact: boolean;
  /** Rows from the first one on that are as they were recorded. */
  verified: number;
  /** How many of these have been erased of what may name a customer. */
  erased: number;
  /** The last row of the chain, to be expected from now on; null where there is none. */
  head: Head | null;
  broken?: Break;
}

const logger = new Logger();

/** Tells the audit log where the chain ends: whoever cuts it off or writes it anew cannot change that as well. */
export function logHead(head: Head | null): void {
  if (head !== null) logger.info('head of the audit chain', { ...head });
}

/**
 * Computes the whole chain again from what the tables hold, without the database's own functions, and compares it with heads that
 * were noted before.
 */
export const verifyChain = defineOperation({
  by: 'operator',
  request: {
    expected: z
      .array(
        z.object({
          sequence: z.int(SEQUENCE).min(1, SEQUENCE),
          hash: z.string(HASH).regex(/^[0-9a-f]{64}$/, HASH),
        }),
      )
      .max(MOST_EXPECTED, `must name at most ${MOST_EXPECTED} heads`)
      .optional(),
  },
  async run({ expected = [] }, { database }): Promise<ChainVerification> {
    const verification = await inTransactionOf(database, (client) => verify(client, expected));
    report(verification);
    return verification;
  },
});

function report({ intact, head, broken }: ChainVerification): void {
  logHead(head);
  if (broken) logger.error('the audit chain is broken', { ...broken });
  const metrics = new Metrics();
  metrics.addMetric('AuditChainRows', MetricUnit.Count, head?.sequence ?? 0);
  metrics.addMetric('AuditChainBroken', MetricUnit.Count, intact ? 0 : 1);
  metrics.publishStoredMetrics();
}

async function verify(client: ClientBase, expected: readonly Head[]): Promise<ChainVerification> {
  // One view of all tables, and times in the form that was hashed.
  await client.query(`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;
    SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'`);
  const head = await headOf(client);
  let verified = 0;
  let erased = 0;
  const result = (broken?: Break) => ({ intact: !broken, verified, erased, head, ...(broken && { broken }) });
  const noted = Map.groupBy(expected, ({ sequence }) => sequence);
  let previous = BEFORE_THE_FIRST;
  for (;;) {
    const links = await portion(client, verified);
    if (links.length === 0) break;
    const rows = await auditedRows(client, links);
    const records = await erasuresOf(client, links);
    for (const link of links) {
      const broken =
        (await breakOf(client, link, rows.get(keyOf(link)), verified + 1, previous)) ??
        unrecordedErasure(link, records) ??
        rewriting(link, noted.get(link.sequence) ?? []);
      if (broken) return result(broken);
      verified++;
      if (link.erasedBy !== null) erased++;
      previous = link.hash;
    }
  }
  return result(truncation(verified, expected) ?? (await unchained(client)) ?? (await unrecordedState(client)));
}

/** The last row of the chain. */
export async function headOf(client: ClientBase): Promise<Head | null> {
  const { rows } = await client.query<Head>(
    `SELECT sequence::float8 AS sequence, encode(hash, 'hex') AS hash FROM tap.audit_chain c ORDER BY c.sequence DESC LIMIT 1`,
  );
  return rows[0] ?? null;
}

async function portion(client: ClientBase, after: number): Promise<Link[]> {
  const { rows } = await client.query<Link>(
    `SELECT sequence::float8 AS sequence, source, row_id::text AS "rowId", encode(salt, 'hex') AS salt,
        encode(personal_hash, 'hex') AS "personalHash", erased_by::text AS "erasedBy",
        encode(content_hash, 'hex') AS "contentHash", encode(previous_hash, 'hex') AS "previousHash",
        encode(hash, 'hex') AS hash
      FROM tap.audit_chain c WHERE c.sequence > $1 ORDER BY c.sequence LIMIT ${PORTION}`,
    [after],
  );
  return rows;
}

/** What the audited tables hold of these rows, by table and id. */
async function auditedRows(client: ClientBase, links: readonly Link[]): Promise<Map<string, AuditedRow>> {
  const found = new Map<string, AuditedRow>();
  for (const [source, { fields, personal, join = '' }] of Object.entries(SOURCES)) {
    const ids = links.filter((link) => link.source === source).map(({ rowId }) => rowId);
    const text = (columns: readonly string[]) => `ARRAY[${columns.map((column) => `${column}::text`)}]::text[]`;
    const { rows } = await client.query<AuditedRow & { id: string }>(
      `SELECT r.id::text AS id, ${text(fields)} AS fields, ${text(personal)} AS personal
        FROM tap.${source} r ${join} WHERE r.id = ANY ($1::bigint[])`,
      [ids],
    );
    for (const { id, ...row } of rows) found.set(keyOf({ source, rowId: id }), row);
  }
  return found;
}

function keyOf({ source, rowId }: { source: string; rowId: string }): string {
  return `${source} ${rowId}`;
}

/** What is wrong with the row that stands at a place of the chain, if anything is. */
async function breakOf(
  client: ClientBase,
  link: Link,
  row: AuditedRow | undefined,
  place: number,
  previous: string,
): Promise<Break | undefined> {
  const { source, rowId } = link;
  const broken = (how: Break['how'], detail: string): Break => ({
    how,
    sequence: place,
    table: source,
    row: rowId,
    detail,
  });
  if (link.sequence !== place)
    return { how: 'missing', sequence: place, table: null, row: null, detail: `the chain has no row ${place}` };
  if (link.previousHash !== previous && linkHash({ ...link, previousHash: previous }) !== link.hash) {
    const { rows } = await client.query<{ sequence: number }>(
      `SELECT sequence::float8 AS sequence FROM tap.audit_chain WHERE previous_hash = decode($1, 'hex')`,
      [previous],
    );
    return rows[0]
      ? broken('reordered', `what belongs here is row ${rows[0].sequence} of the chain`)
      : broken('missing', 'what follows the row before it is gone');
  }
  if (link.previousHash !== previous || linkHash(link) !== link.hash)
    return broken('altered', 'the row of the chain was changed');
  if (row === undefined) return broken('missing', 'the row is gone from its table');
  if (!personalHolds(link, row)) return broken('altered', 'what may name a customer is not what was recorded');
  if (contentHash(link, row) !== link.contentHash) return broken('altered', 'the row is not what was recorded');
  return undefined;
}

/** Rows whose erasure the chain records, by the record and key. */
async function erasuresOf(client: ClientBase, links: readonly Link[]): Promise<Set<string>> {
  const ids = links.flatMap(({ erasedBy }) => erasedBy ?? []);
  if (ids.length === 0) return new Set();
  const { rows } = await client.query<{ id: string; source: string; rowId: string }>(
    `SELECT r.id::text AS id, r.detail->>'source' AS source, jsonb_array_elements_text(r.detail->'rows') AS "rowId"
      FROM tap.audit_log r JOIN tap.audit_chain c ON c.source = 'audit_log' AND c.row_id = r.id
      WHERE r.id = ANY ($1::bigint[]) AND r.action = 'erase-commitments'`,
    [ids],
  );
  return new Set(rows.map((row) => `${row.id} ${keyOf(row)}`));
}

function unrecordedErasure(link: Link, records: ReadonlySet<string>): Break | undefined {
  const { sequence, source, rowId, erasedBy } = link;
  if (erasedBy === null || records.has(`${erasedBy} ${keyOf(link)}`)) return undefined;
  const detail = 'what may name a customer was erased, and no erasure of it is recorded';
  return { how: 'altered', sequence, table: source, row: rowId, detail };
}

function rewriting({ sequence, source, rowId, hash }: Link, noted: readonly Head[]): Break | undefined {
  const other = noted.find((head) => head.hash !== hash);
  const detail = `the chain up to here is another one than that with the hash ${other?.hash}`;
  return other && { how: 'rewritten', sequence, table: source, row: rowId, detail };
}

function truncation(length: number, expected: readonly Head[]): Break | undefined {
  const longest = expected.reduce((most, { sequence }) => Math.max(most, sequence), 0);
  if (longest <= length) return undefined;
  const detail = `the chain ends with row ${length}, and had ${longest} rows or more`;
  return { how: 'truncated', sequence: length + 1, table: null, row: null, detail };
}

/** The first row of an audited table that the chain does not have. */
async function unchained(client: ClientBase): Promise<Break | undefined> {
  for (const table of Object.keys(SOURCES) as Source[]) {
    const { rows } = await client.query<{ id: string }>(
      `SELECT r.id::text AS id FROM tap.${table} r
        WHERE NOT EXISTS (SELECT FROM tap.audit_chain c WHERE c.source = $1 AND c.row_id = r.id) ORDER BY r.id LIMIT 1`,
      [table],
    );
    const detail = 'the row is not in the chain: it was written past it, or the end of the chain was cut off';
    if (rows[0]) return { how: 'unchained', sequence: null, table, row: rows[0].id, detail };
  }
  return undefined;
}

/** A rule set whose state is not the one that its last recorded change led to. */
async function unrecordedState(client: ClientBase): Promise<Break | undefined> {
  const { rows } = await client.query<{ version: string; state: string; recorded: string | null }>(
    `SELECT s.version, s.state, c.recorded FROM tap.rule_sets s LEFT JOIN LATERAL (
        SELECT to_state AS recorded FROM tap.rule_set_changes c WHERE c.version = s.version ORDER BY c.id DESC LIMIT 1
      ) c ON true WHERE c.recorded IS DISTINCT FROM s.state ORDER BY s.version LIMIT 1`,
  );
  const [found] = rows;
  if (!found) return undefined;
  const detail = `the rule set is ${found.state}, and its last recorded change made it ${found.recorded ?? 'nothing'}`;
  return { how: 'altered', sequence: null, table: 'rule_sets', row: found.version, detail };
}
