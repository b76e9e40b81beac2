import { createHash } from 'node:crypto';

/** SHA-256 of a body's fields, sorted by name: two bodies with equal fields have the same hash, however they are written. */
export function bodyHash(body: Readonly<Record<string, string | number | undefined>>): string {
  const fields = Object.entries(body).filter(([, value]) => value !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}
