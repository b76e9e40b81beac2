import { describe, expect, it } from 'vitest';
import { Kernel } from '../kernel.ts';
import type { Schedule } from '../schedule/commands.ts';
import { ScheduleResult } from '../schedule/schedule-result.ts';
import { type BatchRequest, runBatch } from './batch.ts';

/** Runs a batch of schedules. Those at these places violate a rule. */
async function runWithViolations(
  places: readonly number[],
  options: Partial<BatchRequest> = {},
  messageOf = (place: number) => `rule of place ${'abcdefghij'.charAt(place)}`,
) {
  const seen: Schedule[] = [];
  const request: BatchRequest = {
    ...{ seed: 1, schedules: 10, repeatEvery: 1000, shrink: false, hazards: {}, failuresMax: 1 },
    ...options,
  };
  const result = await runBatch(request, async (schedule) => {
    if (!seen.includes(schedule)) seen.push(schedule);
    const place = seen.indexOf(schedule);
    const outcome = new ScheduleResult(new Kernel(0), true);
    if (places.includes(place)) outcome.violation = new Error(messageOf(place));
    return outcome;
  });
  return { result, seen };
}

describe('runBatch', () => {
  it('ends with the first violation unless more are asked for', async () => {
    const { result } = await runWithViolations([2, 5]);
    expect(result).toMatchObject({ schedules: 3, failures: [{ seed: 1, path: '2' }] });
  });

  it('runs the rest of the batch until so many schedules have violated a rule', async () => {
    const { result } = await runWithViolations([2, 5, 7], { failuresMax: 2 });
    expect(result).toMatchObject({ schedules: 6, failures: [{ path: '2' }, { path: '5' }] });
  });

  it('runs and counts all schedules if fewer violate a rule', async () => {
    const { result, seen } = await runWithViolations([2, 5], { failuresMax: 3 });
    expect(result.schedules).toBe(10);
    expect(result.failures.map(({ schedule }) => schedule)).toEqual([seen[2], seen[5]]);
  });

  it('has no failure if no rule is violated', async () => {
    expect((await runWithViolations([])).result).toMatchObject({ schedules: 10, failures: [] });
  });

  it('shrinks only the first failure of each kind', async () => {
    const { result } = await runWithViolations(
      [1, 4, 6],
      { shrink: true, failuresMax: 9 },
      (place) => `workbench ${place} ${place === 6 ? 'is lost' : 'is stopped'}`,
    );
    expect(result.failures.map(({ path }) => path.split(':')[0])).toEqual(['1', '4', '6']);
    expect(result.schedules).toBe(10);
  });
});
