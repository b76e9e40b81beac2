import * as z from 'zod/mini';

/**
 * How a setting is declared and read. A setting is one variable of the environment together with all that is
 * to be known of it: what it means, its unit, its bounds, its default and who reads it. Declarations type the
 * functions that read them, check the environment at start, and are printed as docs/settings.md.
 */
export interface Setting<T> {
  /** One or two sentences, for whoever runs the system. */
  readonly description: string;
  /** What the number counts (`MiB`, `s`, …). */
  readonly unit?: string;
  /** What is accepted, in words that complete the sentence "expected …". */
  readonly expected: string;
  /** The value taken when the variable is absent or empty, as it would be written in the environment. */
  readonly default?: string;
  /** Absent or empty is a fault. */
  readonly required: boolean;
  /** Its value appears in no message, log or document. */
  readonly secret: boolean;
  /** Which parts of the system read it. */
  readonly readBy: readonly string[];
  /**
   * From the text in the environment (undefined when absent, and without a default) to the value. Made when it is
   * read: a function reads few of all that are declared, and each schema takes its time in every cold start.
   */
  readonly schema: () => z.ZodMiniType<T, string | undefined>;
}

export type Settings = Readonly<Record<string, Setting<unknown>>>;

/** The values of declared settings, under the names of their variables. */
export type ValuesOf<D extends Settings> = {
  readonly [K in keyof D]: D[K] extends Setting<infer T> ? T : never;
};

/** The environment, or what stands in for it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What must hold between settings. Looked at only when each of `names` is itself in order. */
export interface SettingRule<V> {
  readonly names: readonly (keyof V & string)[];
  /** What is wrong, completing the sentence "<names>: …"; undefined when all is well. Never a secret's value. */
  check(values: V): string | undefined;
}

export interface SettingProblem {
  readonly name: string;
  readonly problem: string;
}

/** Every fault of the environment at once. */
export class SettingsError extends Error {
  readonly problems: readonly SettingProblem[];

  constructor(problems: readonly SettingProblem[]) {
    const lines = problems.map(({ name, problem }) => `  ${name}: ${problem}`);
    super(`The settings are not valid:\n${lines.join('\n')}`);
    this.name = 'SettingsError';
    this.problems = problems;
  }
}

/**
 * Reads and checks settings. An empty variable counts as absent: that is how `.env` files and container
 * platforms leave something out.
 * @throws SettingsError listing every fault
 */
export function parseSettings<D extends Settings>(
  declared: D,
  rules: readonly SettingRule<ValuesOf<D>>[],
  env: Environment,
): ValuesOf<D> {
  const values = new Map<string, unknown>();
  const faults: SettingProblem[] = [];
  for (const [name, setting] of Object.entries(declared)) {
    const written = env[name] === '' ? undefined : env[name];
    const text = written ?? setting.default;
    if (text === undefined && setting.required) {
      faults.push({ name, problem: `is required; expected ${setting.expected}` });
      continue;
    }
    const parsed = z.safeParse(setting.schema(), text);
    if (parsed.success) values.set(name, parsed.data);
    else faults.push({ name, problem: `expected ${setting.expected}${describeValue(setting, text)}` });
  }
  const read = Object.fromEntries(values) as ValuesOf<D>;
  for (const rule of rules) {
    if (!rule.names.every((name) => values.has(name))) continue;
    const problem = rule.check(read);
    if (problem !== undefined) faults.push({ name: rule.names.join(', '), problem });
  }
  if (faults.length > 0) throw new SettingsError(faults);
  return read;
}

function describeValue(setting: Setting<unknown>, text: string | undefined): string {
  return setting.secret || text === undefined ? '' : `; found ${JSON.stringify(text.slice(0, 80))}`;
}
