import * as z from 'zod/mini';

/**
 * The declaration of a setting: an environment variable with its description, unit, bounds, default and readers. The
 * declarations give the types of the values, validate the environment at start, and are the source of docs/settings.md.
 */
export interface Setting<T> {
  /** For operators, in whole sentences. */
  readonly description: string;
  /** The unit of a number (`MiB`, `s`, …). */
  readonly unit?: string;
  /** The accepted values. Completes the sentence "expected …". */
  readonly expected: string;
  /** The text that is used if the variable is absent or empty. */
  readonly default?: string;
  /** Whether an absent or empty variable is an error. */
  readonly required: boolean;
  /** Whether messages, logs and documents must not contain the value. */
  readonly secret: boolean;
  /** The parts of the system that read it. */
  readonly readBy: readonly string[];
  /**
   * Parses the text of the variable; undefined if it is absent and has no default. A function, because creating a schema
   * takes time in every cold start, and each Lambda function reads only a few settings.
   */
  readonly schema: () => z.ZodMiniType<T, string | undefined>;
}

export type SettingDeclarations = Readonly<Record<string, Setting<unknown>>>;

/** The values of declared settings, by the names of their variables. */
export type ValuesOf<D extends SettingDeclarations> = {
  readonly [K in keyof D]: D[K] extends Setting<infer T> ? T : never;
};

/** `process.env`, or a replacement of it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A rule about several settings. It is checked only if each of `names` is valid. */
export interface SettingRule<V> {
  readonly names: readonly (keyof V & string)[];
  /** Completes the sentence "<names>: …"; undefined if the rule holds. Must not contain the value of a secret. */
  check(values: V): string | undefined;
}

export interface SettingProblem {
  readonly name: string;
  readonly problem: string;
}

/** Every invalid setting of an environment. */
export class SettingsError extends Error {
  readonly problems: readonly SettingProblem[];

  constructor(problems: readonly SettingProblem[]) {
    const lines = problems.map(({ name, problem }) => `  ${name}: ${problem}`);
    super(`Some settings are invalid:\n${lines.join('\n')}`);
    this.name = 'SettingsError';
    this.problems = problems;
  }
}

/**
 * Reads and validates settings. An empty variable counts as absent, as in `.env` files and on container platforms.
 * @throws SettingsError with every invalid setting
 */
export function parseSettings<D extends SettingDeclarations>(
  declared: D,
  rules: readonly SettingRule<ValuesOf<D>>[],
  env: Environment,
): ValuesOf<D> {
  const values = new Map<string, unknown>();
  const problems: SettingProblem[] = [];
  for (const [name, setting] of Object.entries(declared)) {
    const text = env[name] || setting.default;
    if (text === undefined && setting.required) {
      problems.push({ name, problem: `is required; expected ${setting.expected}` });
      continue;
    }
    const parsed = z.safeParse(setting.schema(), text);
    if (parsed.success) values.set(name, parsed.data);
    else problems.push({ name, problem: `expected ${setting.expected}${describeFound(setting, text)}` });
  }
  const settings = Object.fromEntries(values) as ValuesOf<D>;
  for (const rule of rules) {
    if (!rule.names.every((name) => values.has(name))) continue;
    const problem = rule.check(settings);
    if (problem !== undefined) problems.push({ name: rule.names.join(', '), problem });
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
}

function describeFound(setting: Setting<unknown>, text: string | undefined): string {
  return setting.secret || text === undefined ? '' : `; found ${JSON.stringify(text.slice(0, 80))}`;
}
