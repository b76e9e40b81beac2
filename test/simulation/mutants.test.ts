import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MUTANTS } from './mutants.ts';
import { AWS_HAZARDS, type AwsHazard, HAZARD_KINDS } from './world/hazards.ts';

const ROOT = join(import.meta.dirname, '../..');

it.each(MUTANTS)('the mutant "$name" finds its text exactly once in its file', ({ file, find, replace }) => {
  const text = readFileSync(join(ROOT, file), 'utf8');
  expect(text.split(find)).toHaveLength(2);
  expect(replace).not.toBe(find);
});

it('has no two mutants of one name', () => {
  const names = MUTANTS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

it.each(Object.entries(HAZARD_KINDS))('has a mutant for %s', (_, hazards: readonly AwsHazard[]) => {
  const found = MUTANTS.filter((mutant) => mutant.hazards?.some((hazard) => hazards.includes(hazard)));
  expect(found.map(({ name }) => name)).not.toEqual([]);
});

it('every hazard of AWS has one kind', () => {
  expect(Object.values(HAZARD_KINDS).flat().sort()).toEqual(Object.keys(AWS_HAZARDS).sort());
});
