import type { Client } from 'pg';
import { codeBlocks, readDocument } from '../unit/docs/document';
import { arrival, invoke, type MigratedDatabase, RULE_SET, startMigratedDatabase } from './migrated-database';
import { transaction } from './transactions';

/** Migrations, each of which is a row of the audit log and of the chain before all others. */
export const M = 6;

export interface Head {
  sequence: number;
  /** Hexadecimal. */
  hash: string;
}

/** What the operation answers. */
export interface Verification {
  intact: boolean;
  verified: number;
  erased: number;
  head: Head;
  broken?: { how: string; sequence: number | null; table: string | null; row: string | null; detail: string };
}

const TABLES = ['audit_log', 'rule_set_changes', 'list_changes', 'dispositions', 'audit_chain'] as const;

/** What docs/operations.md has an auditor run: the first row that is not as it was recorded. */
const [BY_HAND] = codeBlocks(readDocument('docs/operations.md'), 'sql')
  .filter((block) => block.includes('tap.audit_chain'))
  .map((block) => block.slice(0, block.indexOf('LIMIT 1;')));

export const listAdd = (value: string) =>
  invoke({ action: 'list-add', list: 'block', kind: 'device', value, reason: 'stolen', author: 'alice' });

/** @param expected heads that were written down before */
export const verifyChain = (expected?: Head[]) =>
  invoke({ action: 'verify-chain', ...(expected && { expected }) }) as Promise<Verification>;

/** An audit chain of migrations, and of 12 rows about rule sets, lists and a disposition, and what its owner can do to it. */
export class AuditChain {
  private constructor(
    readonly database: MigratedDatabase,
    /** Signed in as the owner of the tables. */
    readonly master: Client,
    /** The last row before anybody has tampered with anything. */
    readonly head: Head,
  ) {}

  static async start(): Promise<AuditChain> {
    const database = await startMigratedDatabase();
    const master = await database.connectAsMaster();
    await database.store.accept([arrival(transaction({ transactionId: 'tx-1', deviceId: undefined }))], []);
    await invoke({ action: 'propose', ruleSet: { ...RULE_SET, version: 'next' }, author: 'alice', reason: 'why' });
    await listAdd('device-a');
    await invoke({
      action: 'disposition-add',
      transactionId: 'tx-1',
      disposition: 'confirmed-fraud',
      analyst: 'bob',
      note: 'chargeback',
    });
    await listAdd('device-b');
    const { head } = await verifyChain();
    for (const table of TABLES) await master.query(`CREATE TABLE public.${table} AS TABLE tap.${table}`);
    return new AuditChain(database, master, head);
  }

  async stop(): Promise<void> {
    await this.master.end();
    await this.database.stop();
  }

  async hashOf(sequence: number): Promise<string> {
    const [hash] = await this.database.only(
      `SELECT encode(hash, 'hex') FROM tap.audit_chain WHERE sequence = ${sequence}`,
    );
    return hash as string;
  }

  /** What the owner of the tables can do to them: it takes the triggers away, and puts them back. */
  async tamper(sql: string): Promise<void> {
    const triggers = (state: string) =>
      TABLES.map((table) => `ALTER TABLE tap.${table} ${state} TRIGGER USER`).join(';');
    await this.master.query(`BEGIN; ${triggers('DISABLE')}; ${sql}; ${triggers('ENABLE')}; COMMIT`);
  }

  /** Puts back what the tables held at the start. */
  restore(): Promise<void> {
    return this.tamper(
      TABLES.map(
        (table) =>
          `DELETE FROM tap.${table}; INSERT INTO tap.${table} OVERRIDING SYSTEM VALUE SELECT * FROM public.${table}`,
      ).join(';'),
    );
  }

  /** What an auditor finds by hand: number in the chain, table and row of the first that is not as it was recorded, if any. */
  async foundByHand() {
    const results = (await this.master.query(`${BY_HAND} LIMIT 1`)) as unknown as { rows: Record<string, string>[] }[];
    return results[2]?.rows.map(({ sequence, source, row_id }) => [sequence && Number(sequence), source, row_id]);
  }

  /** What the operation finds broken, and an auditor by hand as well. */
  async broken(expected?: Head[]): Promise<Verification['broken']> {
    const found = (await verifyChain(expected)).broken;
    const { sequence, table, row } = found ?? {};
    // A row that is gone from table and chain has no name; by hand the one after it is found.
    if (found && !expected && table !== 'rule_sets') {
      const [first] = (await this.foundByHand()) ?? [];
      expect(first).toEqual(
        table === null ? [(sequence as number) + 1, 'audit_log', String(M + 3)] : [sequence, table, row],
      );
    }
    return found;
  }
}
