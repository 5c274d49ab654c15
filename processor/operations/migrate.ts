import { hash } from 'node:crypto';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Client } from 'pg';
import { databaseAddress } from '../database';
import { inTransaction } from '../in-transaction';
import initial from '../migrations/0001_initial.sql';
import generations from '../migrations/0002_generations.sql';
import policy from '../migrations/0003_policy.sql';
import auditChain from '../migrations/0004_audit_chain.sql';
import erasure from '../migrations/0005_erasure.sql';
import repeatedArrivals from '../migrations/0006_repeated_arrivals.sql';
import { parseRuleSet } from '../rules/rule-set';
import { packedFile, variable } from '../settings';
import { audit } from './audit';
import { defineOperation } from './operation';
import { requireReadable } from './rule-sets';

/** Every migration in order. One that was applied is never changed: what comes after it is a new file. */
const MIGRATIONS = [
  { version: 1, name: 'initial', sql: initial },
  { version: 2, name: 'generations', sql: generations },
  { version: 3, name: 'policy', sql: policy },
  { version: 4, name: 'audit-chain', sql: auditChain },
  { version: 5, name: 'erasure', sql: erasure },
  { version: 6, name: 'repeated-arrivals', sql: repeatedArrivals },
];

/** Held while migrating, so that two deployments do not migrate at once. Any number will do that nothing else here uses. */
const MIGRATION_LOCK = 7_421_001;

const BOOKKEEPING = `
  CREATE SCHEMA IF NOT EXISTS tap;
  CREATE TABLE IF NOT EXISTS tap.schema_migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  );`;

export interface MigrationResult {
  /** Versions that this run applied. */
  applied: number[];
  schemaVersion: number;
  /** The packed rule set: the very first is active at once, a later one is a draft until somebody approves it. */
  ruleSet: { version: string; state: 'draft' | 'shadow' | 'active' | 'retired' };
}

/**
 * Brings the database to the newest schema and makes the packed rule set known, as the master user of the existing secret.
 * It may be repeated without effect.
 *
 * @throws when the secret lacks what signing in needs, an applied migration was changed, the rule set was changed without a
 * new version, or the active one is none that this program can judge by
 */
async function migrateDatabase(): Promise<MigrationResult> {
  const ruleSetText = packedFile('rule-set.json');
  const { version } = parseRuleSet(ruleSetText);
  const client = new Client({ ...databaseAddress(), ...(await masterCredentials()) });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await client.query(BOOKKEEPING);
    const applied = await applyMigrations(client);
    const state = await makeKnown(client, version, ruleSetText);
    return { applied, schemaVersion: MIGRATIONS.at(-1)?.version ?? 0, ruleSet: { version, state } };
  } finally {
    await client.end();
  }
}

export const migrate = defineOperation({ by: 'deployment', request: {}, run: migrateDatabase });

async function applyMigrations(client: Client): Promise<number[]> {
  const { rows } = await client.query<{ version: number; sha256: string }>(
    'SELECT version, sha256 FROM tap.schema_migrations',
  );
  const known = new Map(rows.map(({ version, sha256 }) => [version, sha256]));
  const applied: number[] = [];
  for (const { version, name, sql } of MIGRATIONS) {
    const sha256 = hash('sha256', sql);
    if (known.has(version) && known.get(version) !== sha256) {
      throw new Error(`migration ${version} (${name}) was changed after it was applied; restore it and add a new one`);
    }
    if (known.has(version)) continue;
    await inTransaction(client, async () => {
      await client.query(sql);
      await client.query('INSERT INTO tap.schema_migrations (version, name, sha256) VALUES ($1, $2, $3)', [
        version,
        name,
        sha256,
      ]);
      await audit(client, 'migrate', { version, name, sha256 });
    });
    applied.push(version);
  }
  return applied;
}

async function makeKnown(client: Client, version: string, text: string): Promise<MigrationResult['ruleSet']['state']> {
  await inTransaction(client, async () => {
    await client.query(`SELECT tap.propose_rule_set($1, 'deployment', 'packed with the program')`, [text]);
    const { rowCount } = await client.query(`SELECT FROM tap.rule_sets WHERE state = 'active'`);
    if (rowCount === 0)
      await client.query(`SELECT tap.change_rule_set($1, 'activate', 'deployment', 'the first rule set')`, [version]);
    await requireReadable(client);
  });
  const { rows } = await client.query('SELECT state FROM tap.rule_sets WHERE version = $1', [version]);
  return rows[0].state;
}

async function masterCredentials(): Promise<{ user: string; password: string }> {
  const { SecretString = '' } = await new SecretsManagerClient().send(
    new GetSecretValueCommand({ SecretId: variable('DATABASE_SECRET_ARN') }),
  );
  try {
    const { username, password } = JSON.parse(SecretString);
    if (typeof username === 'string' && typeof password === 'string') return { user: username, password };
  } catch {
    // Said below without the parser's message, which quotes what it could not read.
  }
  throw new Error('the database secret must be a JSON object with the strings "username" and "password"');
}
