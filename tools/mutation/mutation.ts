/** A change planted in a source file, and the outcome of the tests. */
export interface Mutation {
  /** The path from the root of the repository. */
  readonly file: string;
  /** Counts from 1, as does `column`. */
  readonly line: number;
  readonly column: number;
  /** The line, without its indentation. */
  readonly text: string;
  /** Stryker's name for this kind of change. */
  readonly kind: string;
  /** The replaced text. */
  readonly original: string;
  readonly replacement: string;
  readonly outcome: MutationOutcome;
}

/**
 * - `killed`: a test failed.
 * - `timeout`: the tests did not finish. Counts as found.
 * - `survived`: every test that executes the code passed.
 * - `unreached`: no test executes the code.
 * - `equivalent`: the behaviour does not change; equivalents.ts gives the reason.
 * - `unloadable`: the module could not be loaded with the mutation, so no test ran.
 */
export type MutationOutcome = 'killed' | 'timeout' | 'survived' | 'unreached' | 'equivalent' | 'unloadable';

/** The part of a Stryker result that is read here. Lines and columns count from 1. */
export interface StrykerResult {
  readonly fileName: string;
  readonly location: { readonly start: Place; readonly end: Place };
  readonly mutatorName: string;
  readonly replacement?: string | undefined;
  readonly status: string;
}

interface Place {
  readonly line: number;
  readonly column: number;
}

const OUTCOMES: Readonly<Record<string, MutationOutcome>> = {
  Killed: 'killed',
  Timeout: 'timeout',
  Survived: 'survived',
  NoCoverage: 'unreached',
  RuntimeError: 'unloadable',
};

/**
 * Converts a result of Stryker.
 * @param file the path from the root of the repository
 * @param source the text of the file
 * @throws Error if Stryker did not run the mutation, or reports an unknown status
 */
export function toMutation(result: StrykerResult, file: string, source: string): Mutation {
  const { location, mutatorName: kind, replacement = '', status } = result;
  const { line, column } = location.start;
  const outcome = OUTCOMES[status];
  if (outcome === undefined) throw new Error(`${file}:${line}:${column} ${kind} has no outcome: ${status}`);
  const text = source.split('\n')[line - 1]?.trim() ?? '';
  return { file, line, column, text, kind, original: textAt(source, location), replacement, outcome };
}

function textAt(source: string, { start, end }: StrykerResult['location']): string {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  const last = lines.length - 1;
  lines[last] = lines[last]?.slice(0, end.column - 1) ?? '';
  lines[0] = lines[0]?.slice(start.column - 1) ?? '';
  return lines.join('\n');
}

/** The share of mutations found, without equivalent and unloadable ones: 0 to 1; 1 if there is none. */
export function scoreOf(mutations: readonly Mutation[]): number {
  const count = (...outcomes: readonly MutationOutcome[]) =>
    mutations.filter(({ outcome }) => outcomes.includes(outcome)).length;
  const detectable = mutations.length - count('equivalent', 'unloadable');
  return detectable === 0 ? 1 : count('killed', 'timeout') / detectable;
}

/** Mutations that do not change the behaviour, so that no test can find them. */
export interface Equivalent {
  readonly file: string;
  /** The source line in which they begin, without its indentation. */
  readonly text: string;
  /** Replaced text and replacement of each mutation. */
  readonly changes: readonly (readonly [original: string, replacement: string])[];
  /** The reason, for the results page. */
  readonly why: string;
}

/**
 * Marks the mutations that are listed as equivalent and that no test found. One whose tests did not finish is marked too:
 * on a busy computer any run may exceed its time.
 * @returns the mutations, and the outdated entries of the list: Stryker no longer makes the mutation, or a test found it
 */
export function markEquivalents(
  mutations: readonly Mutation[],
  list: readonly Equivalent[],
): { readonly mutations: readonly Mutation[]; readonly outdated: readonly string[] } {
  const marked = mutations.map((mutation): Mutation => {
    return mutation.outcome === 'killed' || findEquivalenceReason(mutation, list) === undefined
      ? mutation
      : { ...mutation, outcome: 'equivalent' };
  });
  const files = new Set(mutations.map(({ file }) => file));
  const outdated = list.flatMap((entry) =>
    entry.changes
      .filter(
        (change) =>
          files.has(entry.file) &&
          !marked.some(
            (mutation) =>
              mutation.outcome === 'equivalent' && matchesEntry(mutation, { ...entry, changes: [change] }),
          ),
      )
      .map(([original, replacement]) => `${entry.file}: ${entry.text}: ${original} → ${replacement}`),
  );
  return { mutations: marked, outdated };
}

/** Returns the reason why a mutation is equivalent; undefined if it is not listed. */
export function findEquivalenceReason(mutation: Mutation, list: readonly Equivalent[]): string | undefined {
  return list.find((entry) => matchesEntry(mutation, entry))?.why;
}

function matchesEntry({ file, text, original, replacement }: Mutation, entry: Equivalent): boolean {
  return (
    file === entry.file &&
    text === entry.text &&
    entry.changes.some(([from, to]) => from === original && to === replacement)
  );
}
