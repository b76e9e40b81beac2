import * as z from 'zod/mini';
import {
  type Bounds,
  choiceKind,
  groupDigits,
  integerKind,
  listKind,
  textKind,
  type ValueKind,
} from '#contract/settings/value-kinds.ts';

/**
 * The types of settings in stages/<stage>.json. Each has texts for error messages, for the JSON schema of editors and
 * for docs/settings.md.
 */
export interface SettingInfo {
  /** One or two sentences for operators. */
  readonly description: string;
  /** Unit of the number. */
  readonly unit?: string;
  /** The accepted values. Completes the sentence "expected …". */
  readonly expected?: string;
}

/** Text that `pattern` matches as a whole. */
export function text(about: SettingInfo & { readonly expected: string; readonly pattern: RegExp }) {
  return toStageSetting(about, textKind(about));
}

export function integer(about: SettingInfo & Bounds) {
  return toStageSetting(about, integerKind(about));
}

/** A number, possibly with a fraction. */
export function amount(about: SettingInfo & Bounds) {
  const expected = `a number from ${groupDigits(about.min)} to ${groupDigits(about.max)}`;
  return z
    .number(errorOptions(expected))
    .check(
      z.minimum(about.min, errorOptions(expected)),
      z.maximum(about.max, errorOptions(expected)),
      z.meta(toMeta(about, expected)),
    );
}

export function flag(about: SettingInfo) {
  const expected = '`true` or `false`';
  return z.boolean(errorOptions(expected)).check(z.meta(toMeta(about, expected)));
}

/** One of a closed set. */
export function choice<const V extends readonly [string, ...string[]]>(
  about: SettingInfo & { readonly of: V },
) {
  return toStageSetting(about, choiceKind(about.of));
}

export function numberOf<const N extends readonly [number, ...number[]]>(
  about: SettingInfo & { readonly of: N; readonly expected: string },
) {
  return z.literal(about.of, errorOptions(about.expected)).check(z.meta(toMeta(about, about.expected)));
}

/** A list of `min` to `max` items. */
export function list<T extends z.ZodMiniType>(
  item: T,
  about: SettingInfo & Bounds & { readonly expected: string },
) {
  const kind = listKind<z.output<T>>({ schema: () => item as never }, about, about.expected);
  return toStageSetting(about, { ...kind, expected: `a list of ${kind.expected}` });
}

/** An object of settings. Undeclared names are errors. */
export function group<S extends z.core.$ZodShape>(shape: S, about: Pick<SettingInfo, 'description'>) {
  return z.strictObject(shape, errorOptions('an object')).check(z.meta(toMeta(about, 'an object')));
}

/** One of several types, which differ in being a string, a number or an object. */
export function oneOf<const T extends readonly [z.ZodMiniType, ...z.ZodMiniType[]]>(
  kinds: T,
  about: SettingInfo & { readonly expected: string },
) {
  return z.union(kinds, errorOptions(about.expected)).check(z.meta(toMeta(about, about.expected)));
}

/** A value of the stage's JSON, with its messages and what the docs show of it. */
function toStageSetting<T>(about: SettingInfo, kind: ValueKind<T>): z.ZodMiniType<T> {
  return kind.schema(errorOptions(kind.expected)).check(z.meta(toMeta(about, kind.expected)));
}

function toMeta({ description, unit }: SettingInfo, expected: string) {
  return { description, expected, ...(unit === undefined ? {} : { unit }) };
}

function errorOptions(expected: string) {
  return {
    error: (issue: { readonly input?: unknown; readonly code?: string }) =>
      // toStageProblems() reports each unknown name.
      issue.code === 'unrecognized_keys' ? undefined : describeProblem(expected, issue.input),
  };
}

/** Describes an invalid value. The message may contain the value, because stage settings contain no secrets. */
export function describeProblem(expected: string, found: unknown): string {
  if (found === undefined) return `is required; expected ${expected}`;
  return `expected ${expected}; found ${(JSON.stringify(found) ?? typeof found).slice(0, 80)}`;
}
