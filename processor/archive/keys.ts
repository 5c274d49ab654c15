import type { Pool } from 'pg';

/** How long a key may be used after it was read, milliseconds: one that was destroyed lives on in memory for no longer. */
const LIFETIME_MS = 5 * 60_000;
/** Keys that are kept in memory, some megabytes. */
const CAPACITY = 20_000;

/** The keys of customers, which PostgreSQL makes, keeps and destroys. */
export class ArchiveKeys {
  /** By customer, the one read longest ago first. */
  private readonly held = new Map<string, { key: Buffer; readAt: number }>();

  /** @param now the clock, milliseconds since any moment */
  constructor(
    private readonly database: Pick<Pool, 'query'>,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * The key of each customer, made where there was none. One round trip where any is not known.
   *
   * @throws when the database is away
   */
  async of(customers: ReadonlySet<string>): Promise<ReadonlyMap<string, Buffer>> {
    const now = this.now();
    for (const [customer, { readAt }] of this.held) {
      if (now - readAt < LIFETIME_MS) break;
      this.held.delete(customer);
    }
    const keys = new Map<string, Buffer>();
    const unknown: string[] = [];
    for (const customer of customers) {
      const known = this.held.get(customer);
      if (known === undefined) unknown.push(customer);
      else keys.set(customer, known.key);
    }
    if (unknown.length === 0) return keys;
    const { rows } = await this.database.query<{ customer_id: string; key: Buffer }>({
      name: 'archive-keys',
      text: 'SELECT customer_id, key FROM tap.archive_keys_of($1)',
      values: [unknown],
    });
    for (const { customer_id, key } of rows) {
      keys.set(customer_id, key);
      this.held.set(customer_id, { key, readAt: now });
    }
    for (const customer of this.held.keys()) {
      if (this.held.size <= CAPACITY) break;
      this.held.delete(customer);
    }
    return keys;
  }
}
