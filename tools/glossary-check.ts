import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ONE_MEANING } from './glossary/exceptions.ts';
import { findAmbiguousNames, parseRuledOutWords } from './glossary/names.ts';
import { readRepositoryFiles } from './repository-files.ts';

/**
 * Lists the exported names of the product that docs/glossary.md does not allow: one name with two meanings, or a word
 * that the glossary rules out. Exit code 1 if it lists any, or if an exception in tools/glossary/exceptions.ts no longer applies.
 *
 *   node tools/glossary-check.ts          the names that are not allowed
 *   node tools/glossary-check.ts --all    the exceptions as well, each with its reason
 */

const ROOT = resolve(import.meta.dirname, '..');
const PRODUCT = ['adapters', 'bin', 'contract', 'core', 'functions', 'gate', 'lib', 'local', 'tools'];

function main(): number {
  const ruledOut = parseRuledOutWords(readFileSync(join(ROOT, 'docs/glossary.md'), 'utf8'));
  const sources = readRepositoryFiles((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'), PRODUCT);
  const ambiguous = findAmbiguousNames(sources, ruledOut);
  const refused = ambiguous.filter(({ name }) => !Object.hasOwn(ONE_MEANING, name));
  const outdated = Object.keys(ONE_MEANING).filter((name) => !ambiguous.some((other) => other.name === name));
  for (const { name, why } of process.argv.includes('--all') ? ambiguous : refused) {
    const reason = ONE_MEANING[name];
    console.log(`${name} ${why}.${reason === undefined ? '' : ` Exception: ${reason}.`}`);
  }
  for (const name of outdated) console.log(`tools/glossary/exceptions.ts: ${name} is no exception any more.`);
  const errors = refused.length + outdated.length;
  console.log(
    `glossary: ${ruledOut.length} words ruled out, ${ambiguous.length} names listed, ${errors} errors`,
  );
  return errors === 0 ? 0 : 1;
}

process.exitCode = main();
