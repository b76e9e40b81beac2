import { expect, inject, it } from 'vitest';
import { runPool } from './cli/pool.ts';

/** Two batches, so that the time limit of a test ends one that hangs, however many schedules a lane runs. */
const PER_TEST = 500;

const SCHEDULES = inject('schedules');
const parts = Array.from({ length: Math.ceil(SCHEDULES / PER_TEST) }, (_, part) => ({
  seed: inject('seed') + 2 * part,
  schedules: Math.min(PER_TEST, SCHEDULES - part * PER_TEST),
}));

it.each(parts)('violates no rule in $schedules random schedules from seed $seed', async (part) => {
  const results = await runPool({ ...part, workers: 2 });
  const [failure] = results.flatMap(({ failures }) => failures);
  const replayCommand = failure && `npm run simulate -- --seed ${failure.seed} --replay ${failure.path}`;
  expect(failure?.message, replayCommand).toBeUndefined();
  expect(results.reduce((sum, { schedules }) => sum + schedules, 0)).toBe(part.schedules);
  expect(results.reduce((sum, { repeated }) => sum + repeated, 0)).toBeGreaterThan(0);
});
