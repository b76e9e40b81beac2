import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTANTS } from './mutants.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/**
 * Applies a mutant to its source file while Node loads it. The file on disk does not change. Must be called before any
 * product module is imported.
 * @throws Error if the mutant does not exist, or if its text does not occur exactly once in its file
 */
export function plantMutant(name: string): void {
  const mutant = MUTANTS.find((candidate) => candidate.name === name);
  if (!mutant) throw new Error(`no mutant is named ${name}. Names: ${MUTANTS.map((m) => m.name).join(', ')}`);
  const target = resolve(ROOT, mutant.file);
  const text = readFileSync(target, 'utf8');
  if (text.split(mutant.find).length !== 2) {
    throw new Error(`the text of mutant ${name} must occur exactly once in ${mutant.file}`);
  }
  const source = text.replace(mutant.find, () => mutant.replace);
  registerHooks({
    load(url, context, next) {
      if (!url.startsWith('file:') || fileURLToPath(url) !== target) return next(url, context);
      return { format: 'module-typescript', source, shortCircuit: true };
    },
  });
}
