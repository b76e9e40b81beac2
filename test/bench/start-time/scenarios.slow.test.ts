import { describe, expect, it } from 'vitest';
import { REAL_TIMING, TIMING_OF_SETTING, type Timing } from '#test/simulation/world/timing.ts';
import { measureStartTimes } from '../../../bench/start-time/measure.ts';
import { RESTART, SCENARIOS, type Scenario } from '../../../bench/start-time/scenarios.ts';

const [, FIRST_START, BURST, WITHOUT_INSTANCE] = SCENARIOS as readonly [
  Scenario,
  Scenario,
  Scenario,
  Scenario,
];
const DEPLOYED: Timing = Object.assign({}, REAL_TIMING, ...Object.values(TIMING_OF_SETTING));

function exactly(seconds: number) {
  return { min: seconds * 1000, max: seconds * 1000, step: 1000 };
}

/** Each step takes exactly one second, and the workbench responds to the first probe, 3 s after its start. */
const FIXED: Timing = {
  scaleOut: exactly(1),
  instanceBoot: exactly(1),
  agentStart: exactly(1),
  accessPoint: exactly(1),
  interfaceAttach: exactly(1),
  pull: exactly(1),
  firstPull: exactly(1),
  mount: exactly(1),
  mountsPerStart: 1,
  boot: exactly(3),
  probeIntervalMs: 3000,
  companion: exactly(1),
};

describe('a simulated start', () => {
  it('takes the steps of the task, the calls and the event, and up to one poll of the client', async () => {
    // Interface, pull, mount, check of the agent at 5 s, readiness container.
    const taskMs = 1000 + 1000 + 1000 + 5000 + 1000;
    for (const ms of await RESTART.measure(1, FIXED, 3)) {
      expect(ms).toBeGreaterThan(taskMs + 1000);
      expect(ms).toBeLessThan(taskMs + 7000);
    }
  });

  it('takes the same time with the same seed', async () => {
    const times = await RESTART.measure(7, REAL_TIMING, 3);
    expect(new Set(times).size).toBe(3);
    expect(await RESTART.measure(7, REAL_TIMING, 3)).toEqual(times);
    expect(await RESTART.measure(8, REAL_TIMING, 3)).not.toEqual(times);
  });

  it('takes longer if the access point is created first', async () => {
    const slow = { ...FIXED, accessPoint: exactly(30) };
    expect(Math.max(...(await RESTART.measure(1, slow, 2)))).toBeLessThan(30_000);
    expect(Math.min(...(await FIRST_START.measure(1, slow, 2)))).toBeGreaterThan(30_000);
  });

  it('waits for the mounts of the others that start at once', async () => {
    const times = await BURST.measure(1, { ...FIXED, mount: exactly(3) }, 20);
    expect(times).toHaveLength(20);
    expect(Math.max(...times)).toBeGreaterThan(20 * 3000);
    expect(Math.min(...times)).toBeLessThan(20_000);
  });

  it('waits for an instance that pulls the image if there is none', async () => {
    const slow = { ...FIXED, instanceBoot: exactly(50), firstPull: exactly(70) };
    expect(Math.max(...(await RESTART.measure(1, slow, 2)))).toBeLessThan(50_000);
    expect(Math.min(...(await WITHOUT_INSTANCE.measure(1, slow, 2)))).toBeGreaterThan(120_000);
  });

  it('is an error if it fails', async () => {
    // Longer than the deadline of a start.
    await expect(RESTART.measure(1, { ...FIXED, boot: exactly(3000) }, 1)).rejects.toThrow(
      'a workbench is not running but stop',
    );
  });
});

describe('start times', () => {
  it('are shorter with the settings that are deployed', async () => {
    const before = await measureStartTimes(RESTART, REAL_TIMING, 10);
    const after = await measureStartTimes(RESTART, DEPLOYED, 10);
    expect(after.p50).toBeLessThan(before.p50 - 8000);
    expect(after.p95).toBeLessThan(before.p95 - 8000);
    expect(before.p50).toBeLessThanOrEqual(before.p95);
  });

  it('come from several installations, each with its own seed', async () => {
    const calls: [number, number][] = [];
    const scenario: Scenario = {
      name: 'counted',
      description: 'returns its seed',
      measure: async (seed, _, count) => {
        calls.push([seed, count]);
        return Array.from({ length: count }, () => seed);
      },
    };
    expect(await measureStartTimes(scenario, FIXED, 60)).toEqual({ p50: 2, p95: 3 });
    expect(calls).toEqual([
      [1, 25],
      [2, 25],
      [3, 10],
    ]);
  });
});
