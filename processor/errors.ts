/**
 * What kind of error it is: the class, with the store's or the system's code where there is one. For logs, since a store's
 * message may quote what it was sent.
 */
export function nameOf(error: unknown): string {
  const { name, code } = error as { name?: string; code?: string };
  return code === undefined ? String(name) : `${name} ${code}`;
}
