import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import type { Pool } from 'pg';
import type * as z from 'zod';
import { holdsCardNumber } from './card-number';
import { openDatabase } from './database';
import { archiveKeys } from './operations/archive-keys';
import { audit } from './operations/audit';
import { dispositionAdd, dispositions } from './operations/dispositions';
import { erase, eraseApprove, eraseContinue, eraseWithdraw, erasures } from './operations/erasures';
import { listAdd, listRemove, lists } from './operations/lists';
import { lookup } from './operations/lookup';
import { merchantsAtRisk } from './operations/merchants-at-risk';
import { migrate } from './operations/migrate';
import { type Operation, type OperationContext, requestSchema } from './operations/operation';
import { rebuild } from './operations/rebuild';
import { replay } from './operations/replay';
import { activate, propose, retire, rollback, ruleSet, ruleSets, shadow } from './operations/rule-sets';
import { status } from './operations/status';
import { verify } from './operations/verify';
import { verifyChain } from './operations/verify-chain';
import { problemsOf, shapeOf } from './problems';

/** Every action by its name. */
const operations = {
  migrate,
  status,
  lookup,
  verify,
  'verify-chain': verifyChain,
  rebuild,
  'rule-sets': ruleSets,
  'rule-set': ruleSet,
  propose,
  shadow,
  activate,
  rollback,
  retire,
  replay,
  lists,
  'list-add': listAdd,
  'list-remove': listRemove,
  dispositions,
  'disposition-add': dispositionAdd,
  'merchants-at-risk': merchantsAtRisk,
  erase,
  'erase-approve': eraseApprove,
  'erase-withdraw': eraseWithdraw,
  'erase-continue': eraseContinue,
  erasures,
  'archive-keys': archiveKeys,
};

/**
 * The aliases of the function that lead to an action; `undefined` is an invocation without one. IAM decides who may invoke
 * which (`lib/processor.ts`).
 */
const ALIASES: Record<Operation['by'], readonly (string | undefined)[]> = {
  deployment: [undefined],
  operator: ['operate', 'approve'],
  author: ['operate'],
  approver: ['approve'],
};

/** An operation whose request was checked against its own schema. */
interface Action extends Pick<Operation, 'by' | 'request' | 'personal'> {
  run(request: object, context: OperationContext): Promise<object>;
}

const actions = new Map<unknown, Action>(Object.entries(operations as unknown as Record<string, Action>));

/** A keyed hash, whose digits may look like anything. */
const DIGEST = /"[0-9a-fA-F]{64}"/g;

const logger = new Logger();

let pool: Pool | undefined;

function database(): Pool {
  pool ??= openDatabase(({ name }) => logger.warn('connection to PostgreSQL broke', { error: name }));
  return pool;
}

/**
 * The operations function: `{"action": "migrate"}` from the deployment, every other action from operators. What operators
 * ask and do goes to the audit table before it is done.
 *
 * @throws when there is no such action, the request lacks what it needs, the alias does not lead to it or it cannot be done;
 * the message says what to change
 */
export async function handler(
  event: unknown,
  { awsRequestId, invokedFunctionArn }: Pick<Context, 'awsRequestId' | 'invokedFunctionArn'>,
): Promise<object> {
  const { name, action, request } = read(event);
  // arn:aws:lambda:<region>:<account>:function:<name>[:<alias>]; the provider of the deployment names the version it invokes.
  const qualifier = invokedFunctionArn.split(':')[7];
  const alias = qualifier === '$LATEST' ? undefined : qualifier;
  if (!ALIASES[action.by].includes(alias)) {
    logger.warn('operation refused', { action: name, alias, awsRequestId });
    throw new Error(`${name} is not to be had here; invoke ${ALIASES[action.by].map(place).join(' or ')}`);
  }
  logger.info('operation', { action: name, awsRequestId });
  const auditId =
    action.by === 'deployment' ? 0 : await audit(database(), name, { ...request, awsRequestId }, action.personal);
  return action.run(request, { database: database(), auditId });
}

function read(event: unknown): { name: string; action: Action; request: object } {
  const name = (event as { action?: unknown } | null | undefined)?.action;
  const action = actions.get(name);
  if (action === undefined) {
    throw new Error(`action: found ${shapeOf(name)}; set one of ${[...actions.keys()].join(', ')}`);
  }
  if (holdsCardNumber(JSON.stringify(event).replaceAll(DIGEST, '""')))
    throw new Error(`${name}: the request holds what may be a card number; name tokens and ids only`);
  const parsed = requestSchema(name as string, action).safeParse(event, { error: ofType });
  if (!parsed.success) throw new Error(`${name}: ${problemsOf('request', event, parsed.error).join('\n')}`);
  const { action: _, ...request } = parsed.data;
  return { name: name as string, action, request };
}

/** For what a schema says nothing about. */
function ofType(issue: z.core.$ZodRawIssue): string | undefined {
  return issue.code === 'invalid_type' ? `must be a ${issue.expected}` : undefined;
}

function place(alias: string | undefined): string {
  return alias === undefined ? 'the function itself' : `its alias "${alias}"`;
}
