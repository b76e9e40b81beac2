import * as z from 'zod/mini';
import type { Setting } from './setting.ts';
import {
  type Bounds,
  choiceKind,
  groupDigits,
  integerKind,
  listKind,
  textKind,
  type ValueKind,
} from './value-kinds.ts';

/**
 * Settings in environment variables. Each function declares one, for contract/settings/function-settings.ts,
 * contract/settings/deployment-settings.ts or local/local-settings.ts.
 */

interface Declaration {
  readonly description: string;
  readonly readBy: readonly string[];
  readonly default?: string | number;
  readonly required?: true;
  readonly secret?: true;
}

/** A setting without a default that is not required may be undefined. */
type ValueOf<A, T> = A extends { readonly default: unknown } | { readonly required: true }
  ? T
  : T | undefined;

interface Length {
  /** In characters. @default 1 */
  readonly minLength?: number;
  readonly maxLength: number;
}

/** A whole number in decimal digits. */
export function integer<const A extends Declaration & Bounds & { readonly unit?: string }>(
  declaration: A,
): Setting<ValueOf<A, number>> {
  return toSetting(declaration, integerKind(declaration));
}

/** Text. `expected` says what `pattern` accepts. */
export function text<
  const A extends Declaration & Length & { readonly pattern?: RegExp; readonly expected?: string },
>(declaration: A): Setting<ValueOf<A, string>> {
  const { minLength = 1, maxLength, pattern } = declaration;
  const lengths = `${groupDigits(minLength)} to ${groupDigits(maxLength)} characters`;
  const expected = declaration.expected ?? lengths;
  const rules = { minLength, maxLength, expected, ...(pattern === undefined ? {} : { pattern }) };
  return toSetting(declaration, textKind(rules));
}

/** One of a closed set of texts. */
export function choice<const A extends Declaration & { readonly values: readonly [string, ...string[]] }>(
  declaration: A,
): Setting<ValueOf<A, A['values'][number]>> {
  return toSetting(declaration, choiceKind(declaration.values));
}

/**
 * An absolute http or https address without user, query or fragment. A slash at its end is removed.
 * `plain: false` accepts http for the loopback interface only, since the controller trusts what it fetches there.
 */
export function url<const A extends Declaration & { readonly plain: boolean }>(
  declaration: A,
): Setting<ValueOf<A, string>> {
  const scheme = declaration.plain
    ? 'an http or https address'
    : 'an https address (http for localhost only)';
  const kind: ValueKind<string> = {
    expected: `${scheme} without query or fragment, at most ${groupDigits(URL_MAX_LENGTH)} characters`,
    schema: () =>
      z.pipe(
        z.string().check(
          z.maxLength(URL_MAX_LENGTH),
          z.refine((address) => isAccepted(address, declaration.plain)),
        ),
        z.transform((address: string) => address.replace(/\/+$/, '')),
      ) as unknown as z.ZodMiniType<string>,
    parseText: (address) => address,
  };
  return toSetting(declaration, kind);
}

const URL_MAX_LENGTH = 2048;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

function isAccepted(address: string, plain: boolean): boolean {
  const parsed = URL.parse(address);
  if (parsed === null || `${parsed.username}${parsed.password}${parsed.search}${parsed.hash}` !== '') {
    return false;
  }
  if (parsed.protocol === 'https:') return true;
  return parsed.protocol === 'http:' && (plain || LOOPBACK.test(parsed.hostname));
}

/**
 * Texts that `pattern` accepts, separated by commas. Spaces around them are ignored. By default it is empty; with
 * `minItems` it is required.
 */
export function list<
  const A extends Declaration & {
    readonly pattern: RegExp;
    /** The plural of an item, for people. */
    readonly expectedItem: string;
    readonly minItems?: 1;
    readonly maxItems: number;
  },
>(declaration: A): Setting<ItemsOf<A>> {
  const { pattern, expectedItem, minItems = 0, maxItems } = declaration;
  const item = textKind({ pattern, expected: expectedItem });
  const kind = listKind(item, { min: minItems, max: maxItems }, expectedItem);
  const presence: Declaration =
    minItems === 0 ? { default: '', ...declaration } : { ...declaration, required: true };
  const separated = { ...kind, expected: `${kind.expected}, separated by commas` };
  return toSetting(presence, separated) as unknown as Setting<ItemsOf<A>>;
}

type ItemsOf<A> = A extends { readonly minItems: 1 } ? readonly [string, ...string[]] : readonly string[];

/** The maximum length of JSON, in characters. The environment of a Lambda function holds 4 KB in total. */
const JSON_MAX_LENGTH = 4096;

/** JSON that `schema` accepts, which must limit its size. `expected` describes it. */
export function json<const A extends Declaration & { readonly expected: string }, T>(
  declaration: A & { readonly schema: () => z.ZodMiniType<T> },
): Setting<ValueOf<A, T>> {
  return toSetting(declaration, {
    expected: declaration.expected,
    schema: () => declaration.schema(),
    parseText: (written) => (written.length > JSON_MAX_LENGTH ? undefined : parseJson(written)),
  });
}

/** Undefined for malformed JSON, which no schema accepts. */
function parseJson(written: string): unknown {
  try {
    return JSON.parse(written);
  } catch {
    return undefined;
  }
}

function toSetting<A extends Declaration & { readonly unit?: string }, T>(
  declaration: A,
  kind: ValueKind<T>,
): Setting<ValueOf<A, T>> {
  const { description, readBy, default: byDefault, required = false, secret = false, unit } = declaration;
  const schema = () => z.pipe(z.pipe(z.string(), z.transform(kind.parseText)), kind.schema());
  const isOptional = byDefault === undefined && !required;
  return {
    description,
    readBy,
    expected: kind.expected,
    required,
    secret,
    schema: (() => (isOptional ? z.optional(schema()) : schema())) as unknown as Setting<
      ValueOf<A, T>
    >['schema'],
    ...(unit === undefined ? {} : { unit }),
    ...(byDefault === undefined ? {} : { default: String(byDefault) }),
  };
}
