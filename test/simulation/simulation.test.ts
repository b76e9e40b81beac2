import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runPool } from './cli/pool.ts';

const ROOT = join(import.meta.dirname, '../..');
const SCHEDULES = 500;

/**
 * Other schedules with each change of what they test, and the same for one commit wherever it is tested. New ones
 * each time, and many more of them, are what `npm run simulate` is for.
 */
function seedOfSources(): number {
  const hash = createHash('sha256');
  for (const file of globSync('{core,functions,adapters/aws}/**/*.ts', { cwd: ROOT }).sort()) {
    hash.update(readFileSync(join(ROOT, file)));
  }
  return hash.digest().readUInt32BE(0);
}

it(`${SCHEDULES} random schedules break none of the rules`, { timeout: 300_000 }, async () => {
  const seed = seedOfSources();
  console.log(`simulating ${SCHEDULES} schedules from seed ${seed}`);
  const results = await runPool({ schedules: SCHEDULES, seed, workers: 2 });
  const failure = results.find((result) => result.failure)?.failure;
  const again = failure && `npm run simulate -- --seed ${failure.seed} --replay ${failure.path}`;
  expect(failure?.message, again).toBeUndefined();
  expect(results.reduce((sum, { schedules }) => sum + schedules, 0)).toBe(SCHEDULES);
  expect(results.reduce((sum, { repeated }) => sum + repeated, 0)).toBeGreaterThan(0);
});
