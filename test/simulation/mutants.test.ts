import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MUTANTS } from './mutants.ts';

const ROOT = join(import.meta.dirname, '../..');

it.each(MUTANTS)('the mutant "$name" finds its text exactly once in its file', ({ file, find, replace }) => {
  const text = readFileSync(join(ROOT, file), 'utf8');
  expect(text.split(find)).toHaveLength(2);
  expect(replace).not.toBe(find);
});
