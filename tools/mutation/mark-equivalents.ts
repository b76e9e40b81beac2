import type { Mutation } from './mutation.ts';

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
