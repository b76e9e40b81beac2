import * as z from 'zod/mini';
import type { Setting } from './setting.ts';

/** The kinds of settings there are. Each returns a declaration for contract/settings/function-settings.ts or local/settings.ts. */

interface Declaration {
  readonly description: string;
  readonly readBy: readonly string[];
  readonly default?: string | number;
  readonly required?: true;
  readonly secret?: true;
}

/** A setting with neither default nor `required` may be undefined. */
type ValueOf<A, T> = A extends { readonly default: unknown } | { readonly required: true }
  ? T
  : T | undefined;

interface Bounds {
  readonly min: number;
  readonly max: number;
}

interface Length {
  /** In characters. */
  readonly minLength?: number;
  readonly maxLength: number;
}

/** A whole number in decimal digits. */
export function integer<const A extends Declaration & Bounds & { readonly unit?: string }>(
  about: A,
): Setting<ValueOf<A, number>> {
  const schema = () =>
    z.pipe(
      z.pipe(z.string().check(z.regex(/^-?\d{1,15}$/)), z.transform(Number)),
      z.int().check(z.minimum(about.min), z.maximum(about.max)),
    );
  return toSetting(
    about,
    `a whole number from ${groupDigits(about.min)} to ${groupDigits(about.max)}`,
    schema,
  );
}

/** Text that `pattern` matches, when there is one. `expected` says what the pattern means. */
export function text<
  const A extends Declaration & Length & { readonly pattern?: RegExp; readonly expected?: string },
>(about: A): Setting<ValueOf<A, string>> {
  const min = about.minLength ?? 1;
  const schema = () =>
    z.string().check(z.minLength(min), z.maxLength(about.maxLength), z.regex(about.pattern ?? /^/));
  return toSetting(
    about,
    about.expected ?? `${groupDigits(min)} to ${groupDigits(about.maxLength)} characters`,
    schema,
  );
}

/** One of a closed set of words. */
export function choice<const A extends Declaration & { readonly words: readonly [string, ...string[]] }>(
  about: A,
): Setting<ValueOf<A, A['words'][number]>> {
  return toSetting(about, about.words.map((word) => `\`${word}\``).join(' or '), () => z.enum(about.words));
}

/**
 * An absolute http or https address without user, query or fragment; a slash at its end is dropped.
 * `plain: false` takes http only to the machine itself: what is fetched there is trusted.
 */
export function url<const A extends Declaration & { readonly plain: boolean }>(
  about: A,
): Setting<ValueOf<A, string>> {
  const acceptable = (written: string) => {
    const parsed = URL.parse(written);
    if (parsed === null || `${parsed.username}${parsed.password}${parsed.search}${parsed.hash}` !== '')
      return false;
    if (parsed.protocol === 'https:') return true;
    return parsed.protocol === 'http:' && (about.plain || LOOPBACK.test(parsed.hostname));
  };
  const schema = () =>
    z.pipe(
      z.string().check(z.maxLength(MAX_URL_LENGTH), z.refine(acceptable)),
      z.transform((written: string) => written.replace(/\/+$/, '')),
    );
  const scheme = about.plain ? 'an http or https address' : 'an https address (http on localhost alone)';
  return toSetting(
    about,
    `${scheme} without query or fragment, at most ${groupDigits(MAX_URL_LENGTH)} characters`,
    schema,
  );
}

/**
 * Words that `pattern` matches, separated by commas; spaces around them do not count. Empty unless a default is
 * given; with `minItems` it is required, and has that many.
 */
export function list<
  const A extends Declaration & {
    readonly pattern: RegExp;
    readonly expectedItem: string;
    readonly minItems?: 1;
    readonly maxItems: number;
  },
>(about: A): Setting<ItemsOf<A>> {
  const { minItems = 0, maxItems } = about;
  const schema = () =>
    z.pipe(
      z.pipe(
        z.string(),
        z.transform((written: string) => {
          const items = written.split(',').map((item) => item.trim());
          return items.filter((item) => item !== '');
        }),
      ),
      z.array(z.string().check(z.regex(about.pattern))).check(z.minLength(minItems), z.maxLength(maxItems)),
    );
  const amount = minItems === 0 ? `at most ${maxItems}` : `${minItems} to ${maxItems}`;
  const expected = `${amount} of ${about.expectedItem}, separated by commas`;
  const presence: Declaration = minItems === 0 ? { default: '', ...about } : { ...about, required: true };
  return toSetting(presence, expected, schema) as unknown as Setting<ItemsOf<A>>;
}

type ItemsOf<A> = A extends { readonly minItems: 1 } ? readonly [string, ...string[]] : readonly string[];

/** The longest JSON taken, in characters: a Lambda function's environment holds 4 KB in all. */
const MAX_JSON_LENGTH = 4096;

/** JSON that `schema` takes, which has to bound it. `expected` says what that is. */
export function json<const A extends Declaration & { readonly expected: string }, T>(
  about: A & { readonly schema: () => z.ZodMiniType<T> },
): Setting<ValueOf<A, T>> {
  const read = (written: string, context: z.core.ParsePayload): unknown => {
    try {
      return JSON.parse(written);
    } catch {
      context.issues.push({ code: 'custom', message: 'JSON', input: written });
      return z.NEVER;
    }
  };
  const schema = () =>
    z.pipe(z.pipe(z.string().check(z.maxLength(MAX_JSON_LENGTH)), z.transform(read)), about.schema());
  return toSetting(about, about.expected, schema as unknown as () => z.ZodMiniType<T, string>);
}

/** The longest address taken. */
const MAX_URL_LENGTH = 2048;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

function toSetting<A extends Declaration & { readonly unit?: string }, T>(
  about: A,
  expected: string,
  schema: () => z.ZodMiniType<T, string>,
): Setting<ValueOf<A, T>> {
  const mayBeAbsent = about.default === undefined && about.required === undefined;
  const presence = () => (mayBeAbsent ? z.optional(schema()) : schema());
  return {
    description: about.description,
    readBy: about.readBy,
    expected,
    required: about.required ?? false,
    secret: about.secret ?? false,
    schema: presence as unknown as Setting<ValueOf<A, T>>['schema'],
    ...(about.unit === undefined ? {} : { unit: about.unit }),
    ...(about.default === undefined ? {} : { default: String(about.default) }),
  };
}

/** `1,048,576`. By hand: the formatter of the language takes 10 ms to load, in every cold start. */
function groupDigits(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}
