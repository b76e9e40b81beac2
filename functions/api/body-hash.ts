import { createHash } from 'node:crypto';

/** SHA-256 over a body's fields in the order of their names: the same request has the same digest however it was written. */
export function bodyHash(body: Readonly<Record<string, string | number | undefined>>): string {
  const fields = Object.entries(body).filter(([, value]) => value !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}
