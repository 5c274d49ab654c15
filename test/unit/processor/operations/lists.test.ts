import { invoke, type MigratedDatabase, startMigratedDatabase } from '../../../helpers/migrated-database';

let database: MigratedDatabase;

beforeAll(async () => {
  database = await startMigratedDatabase();
}, 30_000);

afterAll(() => database.stop());

const add = (fields: object) =>
  invoke({
    action: 'list-add',
    list: 'block',
    kind: 'token',
    value: 'tok-1',
    reason: 'stolen',
    author: 'alice',
    ...fields,
  });
const remove = (fields: object) =>
  invoke({
    action: 'list-remove',
    list: 'block',
    kind: 'token',
    value: 'tok-1',
    reason: 'found',
    author: 'bob',
    ...fields,
  });
const show = (fields: object = {}) =>
  invoke({ action: 'lists', ...fields }) as Promise<{ total: number; entries: Record<string, unknown>[] }>;

test('an entry is added, shown, replaced and removed, and every change stays', async () => {
  expect(await add({})).toEqual({ entry: 1, list: 'block', kind: 'token', value: 'tok-1', expires: null });
  expect(await show()).toEqual({
    total: 1,
    entries: [
      {
        entry: 1,
        list: 'block',
        kind: 'token',
        value: 'tok-1',
        reason: 'stolen',
        expires: null,
        author: 'alice',
        addedAt: expect.stringMatching(/^20\d\d-/),
      },
    ],
  });
  expect(await add({ reason: 'stolen again', author: 'bob', expires: '2099-01-01T09:00:00+09:00' })).toMatchObject({
    entry: 2,
    expires: '2099-01-01T00:00:00+00:00',
  });
  expect((await show()).entries.map(({ entry, reason }) => [entry, reason])).toEqual([[2, 'stolen again']]);
  expect(await remove({})).toEqual({ change: 3, list: 'block', kind: 'token', value: 'tok-1' });
  expect(await show()).toEqual({ total: 0, entries: [] });
  await expect(remove({})).rejects.toThrow('list-remove: value: is not on the block list as token');
  expect(
    await database.only('SELECT id, change, reason, author, database_user FROM tap.list_changes ORDER BY id'),
  ).toEqual([
    ...['1', 'add', 'stolen', 'alice', 'tap_operator'],
    ...['2', 'add', 'stolen again', 'bob', 'tap_operator'],
    ...['3', 'remove', 'found', 'bob', 'tap_operator'],
  ]);
  expect(
    await database.only("SELECT detail, personal FROM tap.audit_log WHERE action = 'list-add' ORDER BY id LIMIT 1"),
  ).toEqual([
    { list: 'block', kind: 'token', author: 'alice', awsRequestId: 'request-1' },
    { value: 'tok-1', reason: 'stolen' },
  ]);
});

test('a value is kept in the form that transactions have it in', async () => {
  const forms = [
    ['address', '2001:DB8:0:0::1', '2001:db8::1'],
    ['email', 'AB'.repeat(32), 'ab'.repeat(32)],
    ['country', 'JP', 'JP'],
    ['merchant', 'mer-1', 'mer-1'],
  ];
  for (const [kind, value, kept] of forms)
    expect(await add({ list: 'watch', kind, value })).toMatchObject({ value: kept });
  expect((await show({ list: 'watch' })).entries.map(({ kind, value }) => [kind, value])).toEqual(
    forms.map(([kind, , kept]) => [kind, kept]).reverse(),
  );
  expect((await show({ kind: 'country', value: 'JP' })).total).toBe(1);
  expect((await show({ list: 'allow' })).total).toBe(0);
  expect(await remove({ list: 'watch', kind: 'address', value: '2001:db8::0001' })).toMatchObject({
    value: '2001:db8::1',
  });
});

test.each([
  [{ list: 'grey' }, 'list: found a text of 4 characters; must be one of block, watch, allow'],
  [
    { kind: 'phone' },
    'kind: found a text of 5 characters; must be one of customer, token, device, address, email, country, merchant',
  ],
  [{ value: 'a b' }, 'value: found a text of 3 characters; must be 1 to 64 characters of A-Z a-z 0-9 _ . : -'],
  [
    { kind: 'country', value: 'XX' },
    'value: found a text of 2 characters; must be an ISO 3166-1 alpha-2 code in upper case',
  ],
  [
    { kind: 'address', value: '192.0.2.0/24' },
    'value: found a text of 12 characters; must be an IPv4 or IPv6 address without a zone',
  ],
  [{ reason: '' }, 'reason: found a text of 0 characters; must say why, in 1 to 500 characters'],
  [{ reason: 'x'.repeat(501) }, 'reason: found a text of 501 characters; must say why, in 1 to 500 characters'],
  [
    { author: undefined },
    'author: found nothing; must be the name a person signs in with: 1 to 64 characters of A-Z a-z 0-9 . _ @ + -',
  ],
  [
    { expires: '2020-01-01T00:00:00Z' },
    'expires: is over; set a time to come, or leave it out for an entry without an end',
  ],
  [{ value: '4111-1111-1111-1111' }, 'the request holds what may be a card number; name tokens and ids only'],
])('%j is refused', async (fields, message) => {
  const before = await database.only('SELECT count(*)::integer FROM tap.list_changes');
  await expect(add(fields)).rejects.toThrow(new Error(`list-add: ${message}`));
  expect(await database.only('SELECT count(*)::integer FROM tap.list_changes')).toEqual(before);
});

test('the digits of a keyed hash are not taken for a card number', async () => {
  const value = `4111111111111111${'a'.repeat(48)}`;
  expect(await add({ kind: 'email', value })).toMatchObject({ value });
});

test('an expired entry is not shown', async () => {
  await database.operator.query(
    `INSERT INTO tap.list_changes (list, kind, value, change, reason, author, expires_at)
      VALUES ('allow', 'device', 'dev-1', 'add', 'why', 'alice', now() - interval '1 second')`,
  );
  expect((await show({ list: 'allow' })).total).toBe(0);
});

test('changes are numbered without gaps in the order of their commits', async () => {
  const [first, second] = [await database.connect('tap_operator'), await database.connect('tap_operator')];
  const insert = (value: string) =>
    `INSERT INTO tap.list_changes (list, kind, value, change, reason, author)
      VALUES ('allow', 'token', '${value}', 'add', 'why', 'alice') RETURNING id::integer`;
  const [last] = (await database.only('SELECT max(id)::integer FROM tap.list_changes')) as [number];
  await first.query('BEGIN');
  await first.query(insert('rolled-back'));
  await first.query('ROLLBACK');
  await first.query('BEGIN');
  await first.query(insert('x'));
  const waiting = second.query(
    insert('y').replace(' RETURNING', ", ('allow', 'token', 'z', 'add', 'why', 'alice') RETURNING"),
  );
  await first.query('SELECT pg_sleep(0.1)');
  await first.query('COMMIT');
  expect((await waiting).rows.map(({ id }) => id)).toEqual([last + 2, last + 3]);
  await first.end();
  await second.end();
});

test('changes stay', async () => {
  for (const sql of ['DELETE FROM tap.list_changes', "UPDATE tap.list_changes SET reason = 'x'"])
    await expect(database.operator.query(sql)).rejects.toThrow('permission denied for table list_changes');
  await expect(
    database.operator.query(
      "INSERT INTO tap.list_changes (list, kind, value, change, reason, author, database_user) VALUES ('allow', 'token', 'x', 'add', 'why', 'alice', 'x')",
    ),
  ).rejects.toThrow('permission denied for table list_changes');
});
