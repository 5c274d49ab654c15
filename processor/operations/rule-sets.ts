import type { ClientBase } from 'pg';
import * as z from 'zod';
import { inTransactionOf } from '../in-transaction';
import { parseRuleSet, ruleSetVersion, storedRuleSet } from '../rules/rule-set';
import { note, person } from './fields';
import { defineOperation, type OperationContext } from './operation';

type State = 'draft' | 'shadow' | 'active' | 'retired';

const SUMMARY = `version, state, author, to_json(proposed_at) AS "proposedAt", approver,
  to_json(activated_at) AS "activatedAt", replaced`;

/** Every rule set without its content, the one proposed last first. */
export const ruleSets = defineOperation({
  by: 'operator',
  request: {},
  async run(_, { database }) {
    const { rows } = await database.query(
      `SELECT ${SUMMARY} FROM tap.rule_sets ORDER BY rule_sets.proposed_at DESC, version`,
    );
    return { ruleSets: rows };
  },
});

/** A rule set with its content and every change of its state, the last one first. */
export const ruleSet = defineOperation({
  by: 'operator',
  request: { version: ruleSetVersion },
  async run({ version }, { database }) {
    const { rows } = await database.query(`SELECT ${SUMMARY}, content FROM tap.rule_sets WHERE version = $1`, [
      version,
    ]);
    if (rows.length === 0) throw new Error(`there is no rule set ${version}; "rule-sets" lists those there are`);
    const changes = await database.query(
      `SELECT change, from_state AS "from", to_state AS "to", person, reason, to_json(changed_at) AS "changedAt"
        FROM tap.rule_set_changes WHERE version = $1 ORDER BY id DESC`,
      [version],
    );
    return { ...rows[0], changes: changes.rows };
  },
});

/** Makes a rule set known as a draft. Who activates rule sets may not: whatever names are given, it takes both roles. */
export const propose = defineOperation({
  by: 'author',
  request: { ruleSet: z.looseObject({}, 'must be an object, as in a rule-set file'), author: person, reason: note },
  async run({ ruleSet, author, reason }, { database }) {
    const text = JSON.stringify(ruleSet);
    const { version } = parseRuleSet(text);
    await database.query('SELECT tap.propose_rule_set($1, $2, $3)', [text, author, reason]);
    const { rows } = await database.query(`SELECT ${SUMMARY} FROM tap.rule_sets WHERE version = $1`, [version]);
    return rows[0];
  },
});

/** Tries a draft out beside the active rule set, where it never acts. */
export const shadow = change('shadow');

/** Retires a draft or a rule set that was tried out. */
export const retire = change('retire');

/** Makes the rule set active again that the named one, which is active, replaced. */
export const rollback = change('rollback');

/** Makes a draft or a rule set that was tried out the active one; its author may not. */
export const activate = defineOperation({
  by: 'approver',
  request: { version: ruleSetVersion, approver: person, reason: note },
  run: ({ version, approver, reason }, context) => changeState(context, version, 'activate', approver, reason),
});

function change(name: 'shadow' | 'retire' | 'rollback') {
  return defineOperation({
    by: 'operator',
    request: { version: ruleSetVersion, person, reason: note },
    run: ({ version, person, reason }, context) => changeState(context, version, name, person, reason),
  });
}

/** The rule set's state afterwards, and the version that is active. @throws when the database or the program refuses it */
async function changeState(
  { database }: OperationContext,
  version: string,
  change: string,
  person: string,
  reason: string,
): Promise<{ version: string; state: State; active: string }> {
  return inTransactionOf(database, async (client) => {
    const { rows } = await client.query<{ active: string }>('SELECT tap.change_rule_set($1, $2, $3, $4) AS active', [
      version,
      change,
      person,
      reason,
    ]);
    await requireReadable(client);
    const states = await client.query<{ state: State }>('SELECT state FROM tap.rule_sets WHERE version = $1', [
      version,
    ]);
    return { version, state: states.rows[0]?.state as State, active: rows[0]?.active as string };
  });
}

/** @throws when this program cannot judge by a rule set that is active or tried out, as it could not begin a batch then */
export async function requireReadable(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ version: string; state: State; content: unknown }>(
    `SELECT version, state, content FROM tap.rule_sets WHERE state IN ('active', 'shadow')`,
  );
  for (const { version, state, content } of rows) {
    try {
      storedRuleSet(content);
    } catch (error) {
      throw new Error(`rule set ${version} cannot be ${state} with this program. ${(error as Error).message}`);
    }
  }
}
