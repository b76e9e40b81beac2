/** A word that the glossary rules out, in its column "not", and the term to use instead. */
export interface RuledOutWord {
  readonly word: string;
  readonly term: string;
}

/** An exported name that has a second meaning, or a word that the glossary rules out. */
export interface AmbiguousName {
  readonly name: string;
  /** Completes the sentence that begins with the name. */
  readonly why: string;
}

const EXPORTED =
  /^export (?:abstract |async |declare )*(?:const|function|class|interface|type|enum) (?<name>[A-Za-z0-9_]+)/gm;

/** The words that a glossary page rules out. Phrases of several words cannot be part of a name. */
export function parseRuledOutWords(page: string): RuledOutWord[] {
  return page
    .split('\n')
    .flatMap((line) => {
      const [, term = '', , not = ''] = line.split('|').map((cell) => cell.trim());
      if (!term.startsWith('**')) return [];
      const words = not.replace(/\(.*?\)/g, '').split(',');
      return words.map((word) => ({ word: word.trim(), term: term.replaceAll('*', '') }));
    })
    .filter(({ word }) => /^\w+$/.test(word));
}

/**
 * The exported names that several files export, and those with a word that is ruled out.
 * @param sources path → TypeScript source
 */
export function findAmbiguousNames(
  sources: ReadonlyMap<string, string>,
  ruledOut: readonly RuledOutWord[],
): AmbiguousName[] {
  return [...exportedNames(sources)].flatMap(([name, files]) => {
    const words = wordsOf(name);
    const found = ruledOut
      .filter(({ word }) => [word, `${word}s`, `${word}es`].some((form) => words.includes(form)))
      .map(({ word, term }) => ({
        name,
        why: `(${files[0]}) contains "${word}"; the term of the glossary is "${term}"`,
      }));
    return files.length > 1 ? [{ name, why: `is exported by ${files.join(', ')}` }, ...found] : found;
  });
}

/** Exported name → the files that export it. A re-export (`export { name }`) is no second one. */
function exportedNames(sources: ReadonlyMap<string, string>): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const [file, source] of sources) {
    const exported = new Set([...source.matchAll(EXPORTED)].map(({ groups }) => groups?.name ?? ''));
    for (const name of exported) names.set(name, [...(names.get(name) ?? []), file]);
  }
  return names;
}

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase()
    .split(' ');
}
