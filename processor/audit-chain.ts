import { createHash } from 'node:crypto';

/** An append-only table whose rows are in the chain. */
export type Source = 'audit_log' | 'rule_set_changes' | 'list_changes' | 'dispositions';

/**
 * What the chain covers of each table, in this order, as SQL of its row `r`. It is said here once more, apart from the
 * database's own functions, so that a change of those shows.
 */
export const SOURCES: Record<Source, { fields: readonly string[]; personal: readonly string[]; join?: string }> = {
  audit_log: { fields: ['r.id', 'r.happened_at', 'r.database_user', 'r.action', 'r.detail'], personal: ['r.personal'] },
  rule_set_changes: {
    fields: [
      ...['r.id', 'r.changed_at', 'r.database_user', 'r.version', 'r.from_state', 'r.to_state', 'r.change', 'r.person'],
      ...['r.reason', 's.content'],
    ],
    personal: [],
    join: 'JOIN tap.rule_sets s USING (version)',
  },
  list_changes: {
    fields: [
      ...['r.id', 'r.changed_at', 'r.database_user', 'r.list', 'r.kind', 'r.change', 'r.expires_at', 'r.author'],
      'r.dispositions',
    ],
    personal: ['r.value', 'r.reason'],
  },
  dispositions: {
    fields: [
      ...[
        'r.id',
        'r.recorded_at',
        'r.database_user',
        'r.transaction_id',
        'r.occurred_at',
        'r.disposition',
        'r.analyst',
      ],
      ...['r.merchant_id', 'r.amount', 'r.currency', 'r.outcome'],
    ],
    personal: ['r.note'],
  },
};

/** A row of an audited table, its fields in text. */
export interface AuditedRow {
  fields: (string | null)[];
  /** What may name a customer; all NULL where the row holds nothing of the kind. */
  personal: (string | null)[];
}

/** A row of `tap.audit_chain`; hashes are in hex. */
export interface Link {
  sequence: number;
  source: Source;
  rowId: string;
  salt: string | null;
  personalHash: string | null;
  /** The record of the erasure, `tap.audit_log.id`. */
  erasedBy: string | null;
  contentHash: string;
  previousHash: string;
  hash: string;
}

/** What the first row is chained to. */
export const BEFORE_THE_FIRST = '00'.repeat(32);

/** Fields one after the other so that no two lists of fields look alike: netstrings, and `-,` for NULL. */
export function netstrings(fields: readonly (string | null)[]): string {
  return fields.map((field) => (field === null ? '-,' : `${Buffer.byteLength(field)}:${field},`)).join('');
}

/** Whether what may name a customer is what was hashed; it cannot be told once it was erased. */
export function personalHolds({ salt, personalHash, erasedBy }: Link, { personal }: AuditedRow): boolean {
  if (erasedBy !== null) return personalHash !== null;
  if (salt === null) return personalHash === null && personal.every((field) => field === null);
  return personalHash === sha256(Buffer.from(salt, 'hex'), netstrings(personal));
}

/** Hash of what a row holds, whatever its place in the chain. */
export function contentHash({ source, personalHash }: Pick<Link, 'source' | 'personalHash'>, row: AuditedRow): string {
  return sha256(netstrings([source, ...row.fields, personalHash]));
}

/** Hash of a place in the chain and of what stands there. */
export function linkHash(link: Pick<Link, 'sequence' | 'contentHash' | 'previousHash'>): string {
  return sha256(netstrings([String(link.sequence), link.contentHash, link.previousHash]));
}

function sha256(...parts: (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
