// A function that does nothing but sign in to PostgreSQL: what the stream's function cannot do without.
import { openDatabase } from '../../processor/database';

const database = openDatabase(() => undefined);

export async function handler(): Promise<void> {
  await database.query('SELECT 1');
}
