import { createHash } from 'node:crypto';

/** SHA-256 of a body's fields, sorted by name: two bodies with equal fields have the same hash, however they are written. */
export function bodyHash(body: Body): string {
  return createHash('sha256')
    .update(JSON.stringify(sortedFieldsOf(body)))
    .digest('hex');
}

type Body = Readonly<
  Record<string, string | number | null | undefined | Readonly<Record<string, string | undefined>>>
>;

/** Earlier versions have stored hashes of flat bodies, so those must stay as they are. */
function sortedFieldsOf(body: Body): readonly (readonly [string, unknown])[] {
  const fields = Object.entries(body).filter(([, value]) => value !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return fields.map(([name, value]) => [
    name,
    typeof value === 'object' && value !== null ? sortedFieldsOf(value) : value,
  ]);
}
