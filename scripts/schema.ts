// Writes ingest/transaction.schema.json; a test fails when it is not that of processor/transaction.ts.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { transactionSchema } from '../processor/transaction';

export const SCHEMA_FILE = path.join(__dirname, '..', 'ingest', 'transaction.schema.json');

const { shape } = transactionSchema;

/**
 * What zod cannot say of checks that are code. Each form admits whatever the check admits, and more: there is no list of
 * currencies here, and no calendar.
 */
const FORMS = new Map<z.core.$ZodType, object>([
  [
    shape.occurredAt,
    { pattern: '^\\d{4}-\\d{2}-\\d{2}[Tt]\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,3})?([Zz]|[+-]\\d{2}:\\d{2})$' },
  ],
  [shape.currency, { pattern: '^[A-Z]{3}$' }],
  [shape.billingCountry.unwrap(), { pattern: '^[A-Z]{2}$' }],
  [shape.ipAddress.unwrap(), { pattern: '^[0-9A-Fa-f:.]{2,45}$' }],
  // 64 code points are up to 128 units of UTF-16, which is what some validators count.
  [shape.merchantCategory.unwrap(), { minLength: 1, maxLength: 128 }],
]);

/** The contract of a transaction as JSON Schema draft 4, the version that API Gateway validates requests by. */
export function transactionJsonSchema(): object {
  return z.toJSONSchema(transactionSchema, {
    target: 'draft-4',
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => void Object.assign(jsonSchema, FORMS.get(zodSchema)),
  });
}

if (require.main === module) writeFileSync(SCHEMA_FILE, `${JSON.stringify(transactionJsonSchema(), null, 2)}\n`);
