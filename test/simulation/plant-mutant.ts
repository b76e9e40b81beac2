import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTANTS } from './mutants.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/**
 * Plants a fault in the product's source as it is loaded. Must be called before anything of the product is
 * imported.
 * @throws Error when there is no such mutant, or its text is not in its file exactly once
 */
export function plantMutant(name: string): void {
  const mutant = MUTANTS.find((candidate) => candidate.name === name);
  if (!mutant)
    throw new Error(`no mutant is called ${name}; there are: ${MUTANTS.map((m) => m.name).join(', ')}`);
  const target = resolve(ROOT, mutant.file);
  const text = readFileSync(target, 'utf8');
  if (text.split(mutant.find).length !== 2) {
    throw new Error(`the text of mutant ${name} is not in ${mutant.file} exactly once`);
  }
  const source = text.replace(mutant.find, () => mutant.replace);
  registerHooks({
    load(url, context, next) {
      if (!url.startsWith('file:') || fileURLToPath(url) !== target) return next(url, context);
      return { format: 'module-typescript', source, shortCircuit: true };
    },
  });
}
