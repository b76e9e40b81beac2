import * as z from 'zod/mini';

/**
 * The kinds of settings in settings/<stage>.json. Each carries what people are told of it: in messages, in the
 * schema for editors and in docs/settings.md.
 */
export interface About {
  /** One or two sentences, for whoever runs the system. */
  readonly description: string;
  /** What the number counts. */
  readonly unit?: string;
  /** What is accepted, in words that complete the sentence "expected …". */
  readonly expected?: string;
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** Text that `pattern` matches as a whole. */
export function text(about: About & { readonly expected: string; readonly pattern: RegExp }) {
  return z
    .string(fault(about.expected))
    .check(z.regex(about.pattern, fault(about.expected)), z.meta(metaOf(about, about.expected)));
}

export function integer(about: About & Bounds) {
  const expected = `a whole number from ${grouped(about.min)} to ${grouped(about.max)}`;
  return z
    .int(fault(expected))
    .check(
      z.minimum(about.min, fault(expected)),
      z.maximum(about.max, fault(expected)),
      z.meta(metaOf(about, expected)),
    );
}

/** A number that need not be whole. */
export function amount(about: About & Bounds) {
  const expected = `a number from ${grouped(about.min)} to ${grouped(about.max)}`;
  return z
    .number(fault(expected))
    .check(
      z.minimum(about.min, fault(expected)),
      z.maximum(about.max, fault(expected)),
      z.meta(metaOf(about, expected)),
    );
}

export function flag(about: About) {
  const expected = '`true` or `false`';
  return z.boolean(fault(expected)).check(z.meta(metaOf(about, expected)));
}

/** One of a closed set. */
export function choice<const W extends readonly [string, ...string[]]>(about: About & { readonly of: W }) {
  const expected = about.of.map((word) => `\`${word}\``).join(' or ');
  return z.enum(about.of, fault(expected)).check(z.meta(metaOf(about, expected)));
}

export function numberOf<const N extends readonly [number, ...number[]]>(
  about: About & { readonly of: N; readonly expected: string },
) {
  return z.literal(about.of, fault(about.expected)).check(z.meta(metaOf(about, about.expected)));
}

/** A list of `min` to `max` items. */
export function list<T extends z.ZodMiniType>(
  item: T,
  about: About & Bounds & { readonly expected: string },
) {
  const expected = `a list of ${about.min === 0 ? 'at most' : `${about.min} to`} ${about.max} ${about.expected}`;
  return z
    .array(item, fault(expected))
    .check(
      z.minLength(about.min, fault(expected)),
      z.maxLength(about.max, fault(expected)),
      z.meta(metaOf(about, expected)),
    );
}

/** Settings that belong together. What is not declared is a fault. */
export function group<S extends z.core.$ZodShape>(shape: S, about: Pick<About, 'description'>) {
  return z.strictObject(shape, fault('an object')).check(z.meta(metaOf(about, 'an object')));
}

/** One of several kinds, told apart by whether it is text, a number or an object. */
export function either<const T extends readonly [z.ZodMiniType, ...z.ZodMiniType[]]>(
  kinds: T,
  about: About & { readonly expected: string },
) {
  return z.union(kinds, fault(about.expected)).check(z.meta(metaOf(about, about.expected)));
}

function metaOf({ description, unit }: About, expected: string) {
  return { description, expected, ...(unit === undefined ? {} : { unit }) };
}

function fault(expected: string) {
  return {
    error: (issue: { readonly input?: unknown; readonly code?: string }) =>
      // Which of its names are unknown is told by whoever prints the fault.
      issue.code === 'unrecognized_keys' ? undefined : problem(expected, issue.input),
  };
}

/** What is wrong with a value. There are no secrets in the settings of a stage, so that it may be shown. */
export function problem(expected: string, found: unknown): string {
  if (found === undefined) return `is required; expected ${expected}`;
  return `expected ${expected}; found ${(JSON.stringify(found) ?? typeof found).slice(0, 80)}`;
}

function grouped(n: number): string {
  return n.toLocaleString('en-GB');
}
