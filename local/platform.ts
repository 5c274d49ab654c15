import type { EventEmitter } from 'node:events';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { Pool } from 'pg';
import type { BatchReport, FailedBatch } from './runtime/reports';

export interface PlatformOptions {
  /** Receives one line per step, for a person to read: what is being prepared, started or deployed. */
  log: (line: string) => void;
  /** Rule-set file to deploy. @default the stack's own, `processor/rules/rule-set.json` */
  ruleSetFile?: string;
  /** Further configuration values of the stack, by key without the project's name. */
  config?: Record<string, string>;
  /** Aborting it while the platform starts ends what has been started and makes `startPlatform` reject. */
  signal?: AbortSignal;
}

/** A child process of the platform. */
export interface PlatformProcess {
  pid: number;
  /** E.g. `ministack`, `valkey`, `postgres`, `stream function 1`. */
  name: string;
  /** True for the project's own Node processes (this one is not listed). */
  own: boolean;
}

/**
 * What reads the stream and calls the processor, as Lambda's event source mapping does. Events: `batch` after every attempt of the
 * function, `failed` after records went to the failure destination, `error` when the stream itself cannot be read.
 */
export interface Poller extends EventEmitter<{ batch: [BatchReport]; failed: [FailedBatch]; error: [Error] }> {
  /** Records settled since the start: stored, or written to the failure destination. Each is counted once. */
  readonly settledRecords: number;
  /** Those of `settledRecords` that went to the failure destination. */
  readonly failedRecords: number;
  /** Resolves once `expectedRecords` records have been settled since the start; rejects when the poller stops before. */
  drained(expectedRecords: number): Promise<void>;
}

/** The deployed stack, running on this machine. */
export interface Platform {
  /** The stack's outputs, as in `cfn-outputs/flat-outputs.json`. */
  outputs: Record<string, string | number>;
  /** Client for the emulator's streams. */
  kinesis: KinesisClient;
  /** Connections to the database as `tap_operator`, who may read everything. */
  database: Pool;
  /** Environment variables (SDK endpoints, credentials, authority file) under which a program takes this platform for AWS. */
  environment: Record<string, string>;
  poller: Poller;
  /** The processes that run now, without this one. */
  processes(): PlatformProcess[];
  /** The last log lines of the functions, oldest first, for an error display. */
  functionLog(lines: number): string[];
  /** Ends every process and removes the run's data. Calling it again returns the same promise. */
  stop(): Promise<void>;
}

/**
 * Starts emulator, Valkey and PostgreSQL, deploys `TapStack` onto them, migrates the database, starts the functions and the poller,
 * and writes `cfn-outputs/flat-outputs.json`. On first use it prepares the Python environment under `.local/`.
 *
 * @throws MissingPythonError when there is no Python 3.10 or later; Error with the last lines of the log of a service or function that fails.
 */
export async function startPlatform(_options: PlatformOptions): Promise<Platform> {
  throw new Error('the local platform is not built yet');
}
