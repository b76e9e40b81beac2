import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ONE_MEANING } from './glossary-exceptions.ts';

/**
 * Compares the exported names of the product with docs/glossary.md, and lists
 *
 * - each name that is exported by more than one file: a term used for two things;
 * - each name with a word that the glossary rules out (its column "not"): a second term for one thing.
 *
 * Names in tools/glossary-exceptions.ts are allowed, each with its reason. Exit code 1 if another name is listed, or if an
 * exception no longer applies.
 */

const ROOT = resolve(import.meta.dirname, '..');
const PRODUCT = ['adapters', 'bin', 'contract', 'core', 'functions', 'lib', 'local', 'tools'];
const EXPORTED =
  /^export (?:abstract |async |declare )*(?:const|function|class|interface|type|enum) ([A-Za-z0-9_]+)/gm;

/** A word of the column "not", and the term to use instead. */
interface RuledOut {
  readonly word: string;
  readonly term: string;
}

interface ListedName {
  readonly name: string;
  readonly why: string;
}

/** The words that the glossary rules out. Phrases of several words cannot be part of a name. */
function readRuledOut(): RuledOut[] {
  return readFileSync(join(ROOT, 'docs/glossary.md'), 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, term, , not] = line.split('|').map((cell) => cell.trim());
      if (!term?.startsWith('**') || !not) return [];
      const words = not.replace(/\(.*?\)/g, '').split(',');
      return words.map((word) => ({ word: word.trim(), term: term.replaceAll('*', '') }));
    })
    .filter(({ word }) => /^\w+$/.test(word));
}

/** Exported name → the files that export it. */
function readExportedNames(): Map<string, string[]> {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', ...PRODUCT], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const names = new Map<string, string[]>();
  for (const file of files.split('\n').filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))) {
    for (const [, name = ''] of readFileSync(join(ROOT, file), 'utf8').matchAll(EXPORTED))
      names.set(name, [...(names.get(name) ?? []), file]);
  }
  return names;
}

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase()
    .split(' ');
}

function listNames(exported: ReadonlyMap<string, readonly string[]>): ListedName[] {
  const ruledOut = readRuledOut();
  return [...exported].flatMap(([name, files]) => {
    const twice = files.length > 1 ? [{ name, why: `is exported by ${files.join(', ')}` }] : [];
    const words = wordsOf(name);
    const second = ruledOut
      .filter(({ word }) => words.includes(word) || words.includes(`${word}s`))
      .map(({ word, term }) => ({ name, why: `(${files[0]}) says "${word}"; the glossary's term is "${term}"` }));
    return [...twice, ...second];
  });
}

function main(): number {
  const exported = readExportedNames();
  const listed = listNames(exported);
  const refused = listed.filter(({ name }) => !(name in ONE_MEANING));
  const outdated = Object.keys(ONE_MEANING).filter((name) => !listed.some((other) => other.name === name));
  if (process.argv.includes('--all'))
    for (const { name, why } of listed) console.log(`${name} ${why}. ${ONE_MEANING[name] ?? 'NOT ALLOWED'}`);
  for (const { name, why } of refused) console.log(`${name} ${why}.`);
  for (const name of outdated) console.log(`tools/glossary-exceptions.ts: ${name} is no longer an exception.`);
  console.log(
    `glossary: ${exported.size} exported names, ${Object.keys(ONE_MEANING).length} exceptions, ${refused.length + outdated.length} errors`,
  );
  return refused.length + outdated.length === 0 ? 0 : 1;
}

process.exitCode = main();
