import * as z from 'zod';
import { LISTED_KINDS } from '../policy/lists';
import { problemsOf } from '../problems';
import { transactionSchema } from '../transaction';
import type { ListedKind } from '../types';
import { note, person } from './fields';
import { defineOperation } from './operation';

/** The newest entries that one answer holds; Lambda's answers end at 6 MB. */
const SHOWN = 1000;

const { shape } = transactionSchema;

/** What a kind's values look like: an entry is kept in the form that transactions have it in. */
const VALUES: { [K in ListedKind]: z.ZodType<string> } = {
  customer: shape.customerId,
  token: shape.paymentToken,
  device: shape.deviceId.unwrap(),
  address: shape.ipAddress.unwrap(),
  email: shape.emailHash.unwrap(),
  country: shape.shippingCountry.unwrap(),
  merchant: shape.merchantId,
};

const LISTS = ['block', 'watch', 'allow'] as const;
const list = z.enum(LISTS, `must be one of ${LISTS.join(', ')}`);
const kind = z.enum(LISTED_KINDS, `must be one of ${LISTED_KINDS.join(', ')}`);
const named = { list, kind, value: z.string() };

/** The entries that have not expired, the newest first, of a list, kind and value where the request names them. */
export const lists = defineOperation({
  by: 'operator',
  request: { list: list.optional(), kind: kind.optional(), value: named.value.optional() },
  personal: ['value'],
  async run(request, { database }) {
    const { rows } = await database.query(
      `SELECT id::float8 AS entry, list, kind, value, reason, to_json(expires_at) AS expires, author,
          to_json(changed_at) AS "addedAt", count(*) OVER ()::integer AS total
        FROM tap.list_entries
        WHERE list = coalesce($1, list) AND kind = coalesce($2, kind) AND value = coalesce($3, value)
          AND (expires_at IS NULL OR expires_at > now())
        ORDER BY id DESC LIMIT ${SHOWN}`,
      [request.list, request.kind, request.value],
    );
    return { total: rows[0]?.total ?? 0, entries: rows.map(({ total: _, ...entry }) => entry) };
  },
});

/** Puts something on a list, in place of the entry that it may have there. */
export const listAdd = defineOperation({
  by: 'operator',
  request: { ...named, reason: note, author: person, expires: shape.occurredAt.optional() },
  personal: ['value', 'reason'],
  async run({ list, kind, value, reason, author, expires }, { database }) {
    const canonical = canonicalValue('list-add', kind, value);
    if (expires !== undefined && expires <= Date.now())
      throw new Error('list-add: expires: is over; set a time to come, or leave it out for an entry without an end');
    const { rows } = await database.query(
      `INSERT INTO tap.list_changes (list, kind, value, change, reason, expires_at, author)
        VALUES ($1, $2, $3, 'add', $4, $5, $6)
        RETURNING id::float8 AS entry, list, kind, value, to_json(expires_at) AS expires`,
      [list, kind, canonical, reason, expires === undefined ? null : new Date(expires).toISOString(), author],
    );
    return rows[0];
  },
});

/** Takes something off a list. */
export const listRemove = defineOperation({
  by: 'operator',
  request: { ...named, reason: note, author: person },
  personal: ['value', 'reason'],
  async run({ list, kind, value, reason, author }, { database }) {
    const { rows } = await database.query(
      `INSERT INTO tap.list_changes (list, kind, value, change, reason, author)
        SELECT list, kind, value, 'remove', $4, $5 FROM tap.list_entries WHERE list = $1 AND kind = $2 AND value = $3
        RETURNING id::float8 AS change, list, kind, value`,
      [list, kind, canonicalValue('list-remove', kind, value), reason, author],
    );
    if (rows.length === 0) throw new Error(`list-remove: value: is not on the ${list} list as ${kind}`);
    return rows[0];
  },
});

function canonicalValue(action: string, kind: ListedKind, value: string): string {
  const parsed = VALUES[kind].safeParse(value);
  if (!parsed.success) throw new Error(`${action}: ${problemsOf('value', value, parsed.error).join('\n')}`);
  return parsed.data;
}
