/** The fields of the variants of a discriminated union. */
export interface VariantFields {
  /** Fields of any variant. */
  readonly all: ReadonlySet<string>;
  of(variant: string): ReadonlySet<string>;
}

export function fieldsByVariant(
  discriminator: string,
  options: readonly { readonly shape: Readonly<Record<string, unknown>> }[],
): VariantFields {
  const variants = new Map(
    options.map(({ shape }) => {
      const { def } = shape[discriminator] as { readonly def: { readonly values: readonly string[] } };
      return [def.values[0] ?? '', new Set(Object.keys(shape))] as const;
    }),
  );
  return {
    all: new Set([...variants.values()].flatMap((fields) => [...fields])),
    of: (variant) => variants.get(variant) ?? new Set(),
  };
}

/** Without the known fields that are not to be kept, and without undefined ones. */
export function omitFields<T extends object>(
  object: T,
  known: ReadonlySet<string>,
  keep: (name: string) => boolean,
): T {
  const isKept = ([name, value]: readonly [string, unknown]) =>
    value !== undefined && (keep(name) || !known.has(name));
  const fields = Object.entries(object);
  return fields.every(isKept) ? object : (Object.fromEntries(fields.filter(isKept)) as T);
}
