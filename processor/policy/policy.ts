import type { Pool } from 'pg';
import { type RuleSet, storedRuleSet } from '../rules/rule-set';
import { type ListChange, Lists } from './lists';

/** How old a policy may be when a batch begins, milliseconds: with the longest batch, well below the minute that is promised. */
const REFRESH_MS = 20_000;

/** What decides on transactions. */
export interface Policy {
  active: RuleSet;
  /** Rule sets that are tried out: their verdicts are stored apart and never act. */
  shadows: readonly RuleSet[];
  lists: Pick<Lists, 'hitsOf' | 'version'>;
}

/** PostgreSQL has no active rule set: it was never migrated by this program. */
export class NoActiveRuleSetError extends Error {
  override readonly name = 'NoActiveRuleSetError';

  constructor() {
    super('no rule set is active; the deployment makes the first one so by {"action": "migrate"}');
  }
}

type Database = Pick<Pool, 'query'>;

/** The policy that PostgreSQL holds, at most 20 seconds old. */
export class PolicySource {
  private readonly ruleSets = new Map<string, RuleSet>();
  private lists = Lists.EMPTY;
  private policy?: Policy;
  private readAt = Number.NEGATIVE_INFINITY;

  /** @param now the clock, milliseconds since any moment */
  constructor(
    private readonly database: Database,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * The policy for a batch. What it answers does not change afterwards.
   *
   * @throws NoActiveRuleSetError when there is no active rule set, RuleSetError when this program cannot read it
   */
  async current(): Promise<Policy> {
    const now = this.now();
    if (this.policy === undefined || now - this.readAt >= REFRESH_MS) {
      this.policy = await this.read();
      this.readAt = now;
    }
    return this.policy;
  }

  private async read(): Promise<Policy> {
    const { rows } = await this.database.query<{ version: string; state: 'active' | 'shadow'; content: unknown }>({
      name: 'rule-sets',
      text: `SELECT version, state, content FROM tap.rule_sets WHERE state IN ('active', 'shadow') ORDER BY version`,
    });
    for (const { version, content } of rows) {
      if (!this.ruleSets.has(version)) this.ruleSets.set(version, storedRuleSet(content));
    }
    const inState = (state: string) =>
      rows.filter((row) => row.state === state).map(({ version }) => this.ruleSets.get(version) as RuleSet);
    const [active] = inState('active');
    if (active === undefined) throw new NoActiveRuleSetError();
    this.lists = this.lists.after(await changesBetween(this.database, this.lists.version, null));
    return { active, shadows: inState('shadow'), lists: this.lists };
  }
}

/** The lists as they were after the change `version`. */
export async function listsAt(database: Database, version: number): Promise<Lists> {
  return Lists.EMPTY.after(await changesBetween(database, 0, version));
}

async function changesBetween(database: Database, after: number, through: number | null): Promise<ListChange[]> {
  const { rows } = await database.query<ListChange>({
    name: 'list-changes',
    text: `SELECT id::float8 AS id, list, kind, value, change, reason,
        (extract(epoch FROM expires_at) * 1000)::float8 AS "expiresAt"
      FROM tap.list_changes WHERE id > $1 AND ($2::bigint IS NULL OR id <= $2) ORDER BY id`,
    values: [after, through],
  });
  return rows;
}
