import * as z from 'zod/mini';

/**
 * The kinds of values that settings have in both places where they are written: environment variables
 * (contract/settings/setting-kinds.ts) and the JSON of a stage file (lib/settings/setting-types.ts). The same bounds
 * give the same check and the same message in both.
 */
export interface ValueKind<T> {
  /** The accepted values. Completes the sentence "expected …". */
  readonly expected: string;
  /**
   * Checks a value of the type that JSON has for it.
   * @param params the error messages; zod's own by default
   */
  schema(params?: SchemaParams): z.ZodMiniType<T>;
  /** Converts the text of an environment variable to that type. Text that cannot be converted is returned unchanged. */
  parseText(text: string): unknown;
}

export interface SchemaParams {
  /** The message for an invalid value; undefined for zod's own. */
  readonly error: (issue: { readonly input?: unknown; readonly code?: string }) => string | undefined;
}

export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** A whole number. */
export function integerKind({ min, max }: Bounds): ValueKind<number> {
  return {
    expected: `a whole number from ${groupDigits(min)} to ${groupDigits(max)}`,
    schema: (params) => z.int(params).check(z.minimum(min, params), z.maximum(max, params)),
    parseText: (text) => (/^-?\d{1,15}$/.test(text) ? Number(text) : text),
  };
}

export interface TextRules {
  /** In characters. */
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: RegExp;
  /** What `pattern` accepts, for people. */
  readonly expected: string;
}

/** Text. */
export function textKind({ minLength, maxLength, pattern, expected }: TextRules): ValueKind<string> {
  return {
    expected,
    schema: (params) =>
      z
        .string(params)
        .check(
          ...(minLength === undefined ? [] : [z.minLength(minLength, params)]),
          ...(maxLength === undefined ? [] : [z.maxLength(maxLength, params)]),
          ...(pattern === undefined ? [] : [z.regex(pattern, params)]),
        ),
    parseText: (text) => text,
  };
}

/** One of a closed set of texts. */
export function choiceKind<const V extends readonly [string, ...string[]]>(values: V): ValueKind<V[number]> {
  return {
    expected: values.map((value) => `\`${value}\``).join(' or '),
    schema: (params) => z.enum(values, params),
    parseText: (text) => text,
  };
}

/**
 * A list. As text, its items are separated by commas, and spaces around them and empty items are ignored.
 * @param items the plural of what it contains, for people
 */
export function listKind<T>(
  item: Pick<ValueKind<T>, 'schema'>,
  { min, max }: Bounds,
  items: string,
): ValueKind<T[]> {
  return {
    expected: `${min === 0 ? 'at most' : `${min} to`} ${max} ${items}`,
    schema: (params) =>
      z.array(item.schema(params), params).check(z.minLength(min, params), z.maxLength(max, params)),
    parseText: (text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
  };
}

/** `1,048,576`. `Intl.NumberFormat` would add 10 ms to every cold start. */
export function groupDigits(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}
