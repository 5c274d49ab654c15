import type { Pool } from 'pg';
import * as z from 'zod';
import { exactly } from '../rules/parameters';

/** An action of the operations function. */
export interface Operation<Request extends z.ZodRawShape = z.ZodRawShape> {
  /** Who may ask for it: the deployment, any operator, or of those only who may propose rules or only who may approve them. */
  readonly by: 'deployment' | 'operator' | 'author' | 'approver';
  /** What a request says besides its action. */
  readonly request: Request;
  /** Fields of a request that may name a customer: they are audited apart, so that an erasure can reach them. */
  readonly personal?: readonly (keyof Request & string)[];
  /** @throws when it cannot be done; the message says what to change */
  run(request: z.output<z.ZodObject<Request>>, context: OperationContext): Promise<object>;
}

export interface OperationContext {
  /** Signed in as the operators' role. */
  database: Pool;
  /** Line of the audit table that holds the request, `tap.audit_log.id`; 0 for the deployment's, which has none. */
  auditId: number;
}

/** An operation, with the type of its request inferred. */
export function defineOperation<Request extends z.ZodRawShape>(operation: Operation<Request>): Operation<Request> {
  return operation;
}

/** What a request for `action` looks like. */
export function requestSchema(action: string, { request }: Pick<Operation, 'request'>) {
  return exactly({ action: z.literal(action), ...request });
}
