import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import type { Pool } from 'pg';
import type { Decision, Reason } from '../processor/types';
import type { Quantiles } from './console/latency';
import type { PatternCount } from './console/patterns';
import { inReadingOrder } from './console/words';
import type { OversizeLine } from './feed/records';

/** Rows fetched at once: bounds the memory that writing the verdicts takes. */
const FETCH_ROWS = 1_000;

/**
 * What a run came to. `read` is the sum of `stored`, `duplicates`, `quarantined.total`, `failedRecords`, `unsettled` and
 * `oversizeLines.total`, and of `refused`.
 */
export interface Report {
  /** File that was streamed, or `generator`. */
  input: string;
  /** False when the run was interrupted before the end of the input. */
  complete: boolean;
  ruleSetVersion: string;
  /** Lines of the input that are not empty, or generated records. */
  read: number;
  stored: number;
  /** Records of a transaction that was stored before, with the same content. */
  duplicates: number;
  quarantined: { total: number; byReason: Record<string, number> };
  /** Records that the processor did not settle after every retry; they are at the failure destination. */
  failedRecords: number;
  /** Records still in the stream when an interrupted run ended. */
  unsettled: number;
  /** Records that the HTTPS ingest refused; 0 without one. */
  refused: number;
  /** Lines too long for any stream, with the first of them. */
  oversizeLines: { total: number; first: OversizeLine[] };
  /** Transactions by their final verdict. */
  decisions: Record<Decision, number>;
  /** Transactions by rule that fired in their final verdict. */
  rules: Record<string, number>;
  /** Put to stored, milliseconds; null when nothing was settled. */
  latencyMs: Quantiles | null;
  /** First put to last settled. */
  wallSeconds: number;
  /** Settled records per second of `wallSeconds`. */
  throughput: number;
  /** Of the generator's patterns, how many were completed and how many their rule saw. */
  patterns?: PatternCount[];
}

/** What the run itself knows; the rest of the report is in the database. */
export interface RunFigures {
  input: string;
  complete: boolean;
  read: number;
  /** Records put into the stream, and those of them that were settled. */
  put: number;
  settled: number;
  failedRecords: number;
  refused: number;
  oversizeLines: { total: number; first: OversizeLine[] };
  latencyMs: Quantiles | null;
  wallSeconds: number;
  patterns: PatternCount[];
}

/** Puts the report together from what the run knows and what the database holds once the stream is drained. */
export async function buildReport(run: RunFigures, database: Pick<Pool, 'query'>): Promise<Report> {
  const count = async (sql: string) => {
    const { rows } = await database.query<{ name: string; count: string }>(sql);
    return Object.fromEntries(rows.map((row) => [row.name, Number(row.count)]));
  };
  const { stored = 0 } = await count("SELECT 'stored' AS name, count(*) FROM tap.transactions");
  const byReason = await count('SELECT reason AS name, count(*) FROM tap.quarantine GROUP BY 1 ORDER BY 2 DESC, 1');
  const decisions = await count('SELECT decision AS name, count(*) FROM tap.current_verdicts GROUP BY 1');
  const rules = await count(
    `SELECT r->>'rule' AS name, count(*) FROM tap.current_verdicts, jsonb_array_elements(reasons) r GROUP BY 1 ORDER BY 2 DESC, 1`,
  );
  const { rows: ruleSets } = await database.query<{ version: string }>(
    "SELECT version FROM tap.rule_sets WHERE state = 'active'",
  );
  const quarantined = Object.values(byReason).reduce((sum, reason) => sum + reason, 0);
  const {
    input,
    complete,
    read,
    put,
    settled,
    failedRecords,
    refused,
    oversizeLines,
    latencyMs,
    wallSeconds,
    patterns,
  } = run;
  return {
    input,
    complete,
    ruleSetVersion: ruleSets[0]?.version ?? '',
    read,
    stored,
    duplicates: settled - stored - quarantined - failedRecords,
    quarantined: { total: quarantined, byReason },
    failedRecords,
    unsettled: put - settled,
    refused,
    oversizeLines,
    decisions: { allow: decisions.allow ?? 0, review: decisions.review ?? 0, block: decisions.block ?? 0 },
    rules,
    latencyMs,
    wallSeconds,
    throughput: wallSeconds > 0 ? Math.round(settled / wallSeconds) : 0,
    ...(patterns.length > 0 && { patterns }),
  };
}

/** Writes the report as JSON: the file appears whole or not at all. */
export async function writeReport(file: string, report: Report): Promise<void> {
  await replaceFile(file, (temporary) => writeFile(temporary, `${JSON.stringify(report, null, 2)}\n`, { flag: 'wx' }));
}

/**
 * Writes every final verdict that is not plain allow as NDJSON, in order of event time and then of transaction id, in
 * constant memory. The file appears whole or not at all.
 */
export async function writeVerdicts(file: string, database: Pick<Pool, 'connect'>): Promise<void> {
  await replaceFile(file, async (temporary) => {
    const client = await database.connect();
    const output = createWriteStream(temporary, { flags: 'wx' });
    const written = finished(output);
    try {
      await client.query('BEGIN READ ONLY');
      await client.query(
        `DECLARE final_verdicts NO SCROLL CURSOR FOR
          SELECT transaction_id AS "transactionId", decision, score, reasons FROM tap.current_verdicts
          WHERE reasons IS NOT NULL ORDER BY occurred_at, transaction_id`,
      );
      for (;;) {
        const { rows } = await client.query<VerdictRow>(`FETCH ${FETCH_ROWS} FROM final_verdicts`);
        if (rows.length === 0) break;
        const room = output.write(
          rows.map((row) => `${JSON.stringify({ ...row, reasons: row.reasons.map(inReadingOrder) })}\n`).join(''),
        );
        if (!room) await Promise.race([once(output, 'drain'), written]);
      }
      await client.query('COMMIT');
      output.end();
      await written;
      client.release();
    } catch (error) {
      client.release(true);
      output.destroy();
      await written.catch(() => undefined);
      throw error;
    }
  });
}

interface VerdictRow {
  transactionId: string;
  decision: Decision;
  score: number;
  reasons: Reason[];
}

async function replaceFile(file: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await write(temporary);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
