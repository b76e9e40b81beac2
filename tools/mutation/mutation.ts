/** One change planted in a source, and what the tests made of it. */
export interface Mutation {
  /** From the root of the repository. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** That line, without its indentation. */
  readonly text: string;
  /** Stryker's name for this kind of change. */
  readonly kind: string;
  /** The text that was replaced, and by what. */
  readonly original: string;
  readonly replacement: string;
  readonly outcome: Outcome;
}

/**
 * - `killed`: a test failed.
 * - `timeout`: the tests did not end any more; found as well.
 * - `survived`: every test that runs the place passed.
 * - `unreached`: no test runs the place.
 * - `equivalent`: nothing that could be seen changes; equivalent.ts says why.
 * - `unloadable`: the module could not be loaded with it, so that no test has had its say.
 */
export type Outcome = 'killed' | 'timeout' | 'survived' | 'unreached' | 'equivalent' | 'unloadable';

/** What is used of a result of Stryker's; lines and columns count from 1. */
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

const OUTCOMES: Readonly<Record<string, Outcome>> = {
  Killed: 'killed',
  Timeout: 'timeout',
  Survived: 'survived',
  NoCoverage: 'unreached',
  RuntimeError: 'unloadable',
};

/**
 * @param file its path from the root of the repository
 * @param source the file's text
 * @throws Error for a result of which nothing is known here
 */
export function toMutation(result: StrykerResult, file: string, source: string): Mutation {
  const { location, mutatorName: kind, replacement = '', status } = result;
  const { line, column } = location.start;
  const outcome = OUTCOMES[status];
  if (outcome === undefined) throw new Error(`${file}:${line}:${column} ${kind} came to nothing: ${status}`);
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

/** The share of mutations that were found, of those that can be tried and change anything: 0 to 1; 1 when there is none. */
export function scoreOf(mutations: readonly Mutation[]): number {
  const count = (...outcomes: readonly Outcome[]) =>
    mutations.filter(({ outcome }) => outcomes.includes(outcome)).length;
  const possible = mutations.length - count('equivalent', 'unloadable');
  return possible === 0 ? 1 : count('killed', 'timeout') / possible;
}

/** Mutations that change nothing that could be seen, with the reason: no test can find them. */
export interface Equivalent {
  readonly file: string;
  /** The line of the source in which they begin, without its indentation. */
  readonly text: string;
  /** What is replaced in it, and by what. */
  readonly changes: readonly (readonly [original: string, replacement: string])[];
  readonly why: string;
}

/**
 * The mutations, those that survived and are listed as equivalent marked as such.
 * @returns beside them, the changes of the list that no mutation is any more, or that a test has found all the
 *   same: the list must stay true
 */
export function markEquivalents(
  mutations: readonly Mutation[],
  list: readonly Equivalent[],
): { readonly mutations: readonly Mutation[]; readonly untrue: readonly string[] } {
  const marked = mutations.map((mutation): Mutation => {
    const found = mutation.outcome === 'killed' || mutation.outcome === 'timeout';
    return found || whyEquivalent(mutation, list) === undefined
      ? mutation
      : { ...mutation, outcome: 'equivalent' };
  });
  const files = new Set(mutations.map(({ file }) => file));
  const untrue = list.flatMap((entry) =>
    entry.changes
      .filter(
        (change) =>
          files.has(entry.file) &&
          !marked.some(
            (mutation) =>
              mutation.outcome === 'equivalent' && isOf(mutation, { ...entry, changes: [change] }),
          ),
      )
      .map(([original, replacement]) => `${entry.file}: ${entry.text}: ${original} → ${replacement}`),
  );
  return { mutations: marked, untrue };
}

/** Why nobody could see it, according to the list. */
export function whyEquivalent(mutation: Mutation, list: readonly Equivalent[]): string | undefined {
  return list.find((entry) => isOf(mutation, entry))?.why;
}

function isOf({ file, text, original, replacement }: Mutation, entry: Equivalent): boolean {
  return (
    file === entry.file &&
    text === entry.text &&
    entry.changes.some(([from, to]) => from === original && to === replacement)
  );
}
