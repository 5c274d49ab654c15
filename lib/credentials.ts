/** What the Secrets Manager entry of the database must hold, as JSON. */
export interface Credentials {
  /** Master user, 1 to 63 letters, digits and underscores, a letter first. */
  username: string;
  /** 8 to 128 printable ASCII characters, without `/`, `"`, `@` and space. */
  password: string;
}

/** Names RDS refuses, and those of the roles that migrations create. */
const RESERVED_USERS = /^(admin|rdsadmin|pg_.*|tap_processor|tap_operator|tap_publisher|tap_archiver)$/i;

/**
 * Reads the credentials of the database. Messages name what is wrong and never echo a value (nor a parser's message,
 * which would quote the text).
 *
 * @param entry name of the Secrets Manager entry, for the message.
 * @throws Error when the entry is not what RDS accepts.
 */
export function parseCredentials(entry: string, text: string): Credentials {
  const { username, password } = parseObject(entry, text);
  if (typeof username !== 'string' || !/^[A-Za-z]\w{0,62}$/.test(username)) {
    throw new Error(
      `${entry}: "username" must be a string of 1 to 63 letters, digits and underscores that begins with a letter`,
    );
  }
  if (RESERVED_USERS.test(username)) {
    throw new Error(
      `${entry}: "username" must be neither admin, rdsadmin, pg_..., which RDS refuses, nor tap_processor, tap_operator, tap_publisher or tap_archiver: choose another`,
    );
  }
  if (typeof password !== 'string' || !/^[!-~]{8,128}$/.test(password) || /[/"@]/.test(password)) {
    throw new Error(
      `${entry}: "password" must be a string of 8 to 128 printable ASCII characters without / " @ and space`,
    );
  }
  return { username, password };
}

function parseObject(entry: string, text: string): { username?: unknown; password?: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new Error(`${entry}: the entry must be a JSON object such as {"username": "...", "password": "..."}`);
}
