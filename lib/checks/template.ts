/** What is read of a CloudFormation template. */
export interface Template {
  readonly Resources?: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value?: unknown }>>;
}

export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Metadata?: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
}

/** Something that must not be deployed so. */
export interface Violation {
  /** Which resource, or the stack itself. */
  readonly at: string;
  readonly problem: string;
}

/** The template of each stack, by the stack's name: what one says of another is found by it. */
export type Templates = ReadonlyMap<string, Template>;

export function resourcesOf(template: Template): readonly (readonly [id: string, resource: Resource])[] {
  return Object.entries(template.Resources ?? {});
}

/** One or many, as templates have it. */
export function listOf<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}
