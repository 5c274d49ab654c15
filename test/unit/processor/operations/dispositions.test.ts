import {
  arrival,
  invoke,
  type MigratedDatabase,
  RULE_SET,
  startMigratedDatabase,
} from '../../../helpers/migrated-database';
import { transaction } from '../../../helpers/transactions';

let database: MigratedDatabase;

interface Answer {
  id: number;
  watchList: { id: number; kind: string; value: string; change: string }[];
}

/** Transactions `<name>-1` to `<name>-4`, each with a token of its own, at one merchant and of one device. */
const named = (name: string) =>
  [1, 2, 3, 4].map((i) =>
    transaction({
      transactionId: `${name}-${i}`,
      paymentToken: `${name}-token-${i}`,
      merchantId: `${name}-merchant`,
      deviceId: `${name}-device`,
    }),
  );

beforeAll(async () => {
  database = await startMigratedDatabase();
  await database.store.accept(
    ['one', 'three', 'back', 'other', 'manual', 'race'].flatMap(named).map((t) => arrival(t)),
    [],
  );
  await database.store.accept([arrival(transaction({ transactionId: 'plain', merchantId: 'plain-merchant' }))], []);
}, 30_000);

afterAll(() => database.stop());

const record = (transactionId: string, disposition = 'confirmed-fraud', note = 'chargeback', analyst = 'alice') =>
  invoke({ action: 'disposition-add', transactionId, disposition, analyst, note }) as Promise<Answer>;
const watched = async (value: string) =>
  ((await invoke({ action: 'lists', list: 'watch', value })) as { entries: Record<string, unknown>[] }).entries.map(
    ({ kind, reason, author }) => [kind, reason, author],
  );
const changesOf = ({ watchList }: Answer) => watchList.map(({ kind, value, change }) => [kind, value, change]);

test('dispositions stay, and the last one counts', async () => {
  expect(await record('plain', 'unclear', 'customer does not answer')).toEqual({
    id: expect.any(Number),
    disposition: 'unclear',
    analyst: 'alice',
    note: 'customer does not answer',
    recordedAt: expect.stringMatching(/^20\d\d-/),
    watchList: [],
  });
  await record('plain', 'false-positive', 'she bought it', 'bob');
  const { dispositions } = (await invoke({ action: 'dispositions', transactionId: 'plain' })) as {
    dispositions: Record<string, unknown>[];
  };
  expect(dispositions.map(({ disposition, analyst, note }) => [disposition, analyst, note])).toEqual([
    ['false-positive', 'bob', 'she bought it'],
    ['unclear', 'alice', 'customer does not answer'],
  ]);
  expect(
    await database.only("SELECT disposition FROM tap.current_dispositions WHERE transaction_id = 'plain'"),
  ).toEqual(['false-positive']);
  expect(
    await database.only(
      "SELECT detail->>'analyst' FROM tap.audit_log WHERE action = 'disposition-add' ORDER BY id LIMIT 1",
    ),
  ).toEqual(['alice']);
  await expect(database.operator.query('DELETE FROM tap.dispositions')).rejects.toThrow('permission denied');
});

test('a transaction that is not stored, or a finding that is none, is refused', async () => {
  await expect(record('nobody')).rejects.toThrow('no transaction has the id nobody');
  await expect(record('plain', 'fraud')).rejects.toThrow(
    'disposition-add: disposition: found a text of 5 characters; must be one of confirmed-fraud, false-positive, unclear',
  );
});

test('a confirmed fraud puts its token and device on the watch list for 90 days', async () => {
  const answer = await record('one-1');
  expect(changesOf(answer)).toEqual([
    ['token', 'one-token-1', 'add'],
    ['device', 'one-device', 'add'],
  ]);
  expect(await watched('one-token-1')).toEqual([['token', 'confirmed fraud: one-1', 'alice']]);
  expect(await watched('one-merchant')).toEqual([]);
  expect(
    await database.only(
      `SELECT DISTINCT l.expires_at - d.recorded_at = interval '90 days', l.dispositions = ARRAY[d.id]
        FROM tap.list_changes l, tap.dispositions d WHERE l.reason = 'confirmed fraud: one-1' AND d.id = ${answer.id}`,
    ),
  ).toEqual([true, true]);
});

test('the same again changes nothing', async () => {
  const before = await database.only('SELECT count(*)::integer FROM tap.list_changes');
  const first = await record('one-1');
  expect(await record('one-1')).toEqual(first);
  expect(first.watchList).toEqual([]);
  expect(await database.only('SELECT count(*)::integer FROM tap.list_changes')).toEqual(before);
  expect(await database.only("SELECT count(*)::integer FROM tap.dispositions WHERE transaction_id = 'one-1'")).toEqual([
    1,
  ]);
});

test('a merchant is watched from three frauds on, of three transactions', async () => {
  await record('three-1');
  await record('three-1', 'confirmed-fraud', 'and the customer says so', 'bob');
  await record('three-2');
  expect(await watched('three-merchant')).toEqual([]);
  expect(changesOf(await record('three-3'))).toContainEqual(['merchant', 'three-merchant', 'add']);
  expect(await watched('three-merchant')).toEqual([['merchant', '3 confirmed frauds, the last: three-3', 'alice']]);
});

test('what is no longer confirmed takes its entries away, when too few are left', async () => {
  for (const i of [1, 2, 3, 4]) await record(`back-${i}`);
  expect(await watched('back-merchant')).toEqual([['merchant', '4 confirmed frauds, the last: back-4', 'alice']]);
  expect(changesOf(await record('back-4', 'false-positive', 'was hers', 'bob'))).toEqual([
    ['token', 'back-token-4', 'remove'],
  ]);
  expect(changesOf(await record('back-3', 'unclear', 'perhaps', 'bob'))).toEqual([
    ['token', 'back-token-3', 'remove'],
    ['merchant', 'back-merchant', 'remove'],
  ]);
  expect(await watched('back-merchant')).toEqual([]);
  expect(await watched('back-device')).toEqual([['device', '4 confirmed frauds, the last: back-4', 'alice']]);
  expect(changesOf(await record('back-4', 'unclear', 'perhaps', 'bob'))).toEqual([]);
});

test('an entry that a person made stays as it is', async () => {
  await invoke({
    action: 'list-add',
    list: 'watch',
    kind: 'token',
    value: 'manual-token-1',
    reason: 'by hand',
    author: 'carol',
  });
  expect(changesOf(await record('manual-1'))).toEqual([['device', 'manual-device', 'add']]);
  expect(changesOf(await record('manual-1', 'false-positive', 'no'))).toEqual([['device', 'manual-device', 'remove']]);
  expect(await watched('manual-token-1')).toEqual([['token', 'by hand', 'carol']]);
});

test('the active rule set says what enters the list', async () => {
  const watch = {
    token: { enabled: false, count: 1, days: 90 },
    device: { enabled: true, count: 2, days: 7 },
    merchant: { enabled: true, count: 1, days: 30 },
  };
  await invoke({ action: 'propose', ruleSet: { ...RULE_SET, version: 'w', watch }, author: 'alice', reason: 'why' });
  await invoke({ action: 'activate', version: 'w', approver: 'bob', reason: 'why' }, 'approve');
  // What is watched for fewer frauds stays so until one of those is taken back.
  expect(changesOf(await record('one-2', 'unclear', 'perhaps'))).toEqual([]);
  expect(changesOf(await record('other-1'))).toEqual([['merchant', 'other-merchant', 'add']]);
  expect(changesOf(await record('other-2'))).toEqual([
    ['device', 'other-device', 'add'],
    ['merchant', 'other-merchant', 'add'],
  ]);
  expect(
    await database.only(
      `SELECT round(extract(epoch FROM expires_at - changed_at) / 86400)::integer FROM tap.list_entries
        WHERE value IN ('other-device', 'other-merchant') ORDER BY kind`,
    ),
  ).toEqual([7, 30]);
});

test('of two at once neither takes its fraud for the only one', async () => {
  const [first, second] = [await database.connect('tap_operator'), await database.connect('tap_operator')];
  await first.query('BEGIN');
  await first.query(`SELECT pg_advisory_xact_lock(hashtext('tap.dispositions'))`);
  await first.query(
    "INSERT INTO tap.dispositions (transaction_id, disposition, analyst, note) VALUES ('race-1', 'confirmed-fraud', 'alice', 'why')",
  );
  const waiting = record('race-2');
  await second.query('SELECT pg_sleep(0.2)');
  await first.query('COMMIT');
  expect(changesOf(await waiting)).toContainEqual(['device', 'race-device', 'add']);
  await first.end();
  await second.end();
});
