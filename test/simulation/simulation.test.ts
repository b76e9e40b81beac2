import { expect, inject, it } from 'vitest';
import { runPool } from './cli/pool.ts';

const SCHEDULES = inject('schedules');

it(`violates no rule in ${SCHEDULES} random schedules`, async () => {
  const seed = inject('seed');
  const results = await runPool({ schedules: SCHEDULES, seed, workers: 2 });
  const failure = results.find((result) => result.failure)?.failure;
  const replayCommand = failure && `npm run simulate -- --seed ${failure.seed} --replay ${failure.path}`;
  expect(failure?.message, replayCommand).toBeUndefined();
  expect(results.reduce((sum, { schedules }) => sum + schedules, 0)).toBe(SCHEDULES);
  expect(results.reduce((sum, { repeated }) => sum + repeated, 0)).toBeGreaterThan(0);
});
