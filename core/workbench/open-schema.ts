import * as z from 'zod/mini';

/**
 * Schemas of stored items that older and newer versions of the controller share (docs/decisions/0009-records-that-grow.md).
 * A version keeps what it does not know: fields as they are, values of closed lists beside a fallback.
 */

type Shape = z.core.$ZodShape;

/** An object of known fields. The type is closed, so that code cannot read other fields by mistake. */
export type OpenObject<S extends Shape> = z.ZodMiniObject<S, z.core.$strip>;

/** An object whose unknown fields survive parsing. Its type lists the known fields only. */
export function openObject<S extends Shape>(shape: S): OpenObject<S> {
  // Both kinds of object differ in what they do with unknown fields, and in nothing else that callers can see.
  return z.looseObject(shape) as unknown as OpenObject<S>;
}

/**
 * Where an object keeps values that this version does not know: field → stored value. It moves with the object, and
 * is not itself stored.
 */
export const UNRECOGNIZED = 'unrecognized';

/** Fallback of each field that holds a value of a closed list: field → value that stands for unknown ones. */
type Fallbacks<S extends Shape> = { readonly [K in keyof S]?: NonNullable<z.output<S[K]>> & string };

/**
 * An object some of whose fields hold values of closed lists. A value that this version does not know is parsed as the
 * fallback and encoded again as it was stored. The fallback must be a value that no code assigns: an object that holds
 * it while encoding still means the stored value.
 */
export function openObjectWithFallbacks<S extends Shape>(
  shape: S,
  fallbacks: Fallbacks<S>,
): z.ZodMiniType<z.output<OpenObject<S>>> {
  const lists = Object.entries(fallbacks).map(([field, fallback]) => ({
    field,
    fallback: String(fallback),
    known: (value: unknown) => shape[field] !== undefined && z.safeParse(shape[field], value).success,
  }));
  const open = openObject(shape);
  // The stored side is not checked: `open` refuses everything but an object.
  const codec = z.codec(z.unknown(), open, {
    decode: (stored) => {
      if (!isObject(stored)) return stored as never;
      const unknown = lists.filter(
        ({ field, known }) => typeof stored[field] === 'string' && !known(stored[field]),
      );
      if (unknown.length === 0) return stored as never;
      const replaced = Object.fromEntries(unknown.map(({ field, fallback }) => [field, fallback]));
      const kept = Object.fromEntries(unknown.map(({ field }) => [field, stored[field]]));
      return { ...stored, ...replaced, [UNRECOGNIZED]: kept } as never;
    },
    encode: (value) => {
      const { [UNRECOGNIZED]: kept, ...rest } = value as Record<string, unknown>;
      if (typeof kept !== 'object' || kept === null) return rest;
      const still = lists.filter(({ field, fallback }) => field in kept && rest[field] === fallback);
      const restored = still.map(({ field }) => [field, (kept as Record<string, unknown>)[field]]);
      return { ...rest, ...Object.fromEntries(restored) };
    },
  });
  return codec as unknown as z.ZodMiniType<z.output<OpenObject<S>>>;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
