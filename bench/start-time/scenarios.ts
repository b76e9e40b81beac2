import type { Timing } from '#test/simulation/world/timing.ts';
import { SimulatedInstallation, type WorkbenchHandle } from './simulated-installation.ts';

const MINUTE = 60_000;

/** After this time a stopped workbench is started again: Lambda has no idle environments left, and the instance is kept. */
const PAUSE_MS = 10 * MINUTE;
/** After this time the capacity provider has terminated its idle instances. */
const SCALE_IN_MS = 30 * MINUTE;
/** The time in which an instance that exists at the beginning starts its agent. */
const BOOT_MS = 5 * MINUTE;

/** The starts at once. */
const BURST = 20;

/** Measures at least `count` starts in one installation. Returns milliseconds. */
type Measure = (seed: number, timing: Timing, count: number) => Promise<readonly number[]>;

export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly measure: Measure;
}

export const RESTART: Scenario = {
  name: 'restart on a warm instance',
  description: 'a stopped workbench is started; the instance runs and has the image',
  measure: async (seed, timing, count) => {
    const { installation, workbench } = await openWithInstance(seed, timing);
    return measureRestarts(installation, [workbench], count, { pauseMs: PAUSE_MS, instances: 1 });
  },
};

export const SCENARIOS: readonly Scenario[] = [
  RESTART,
  {
    name: 'first start on a warm instance',
    description: 'a workbench is created; its access point and its task definition are new',
    measure: async (seed, timing, count) => {
      const { installation, workbench } = await openWithInstance(seed, timing);
      const times: number[] = [];
      let last = workbench;
      while (times.length < count) {
        await installation.stop([last], PAUSE_MS);
        expectInstances(installation, 1);
        const created = await installation.create();
        times.push(created.ms);
        last = created.workbench;
      }
      return times;
    },
  },
  {
    name: `${BURST} starts at once on one instance`,
    description: `${BURST} stopped workbenches are started at the same moment on a warm instance`,
    measure: async (seed, timing, count) => {
      const { installation, workbench } = await openWithInstance(seed, timing);
      const workbenches = [workbench];
      while (workbenches.length < BURST) workbenches.push((await installation.create()).workbench);
      return measureRestarts(installation, workbenches, count, { pauseMs: PAUSE_MS, instances: 1 });
    },
  },
  {
    name: 'start without an instance',
    description: 'a stopped workbench is started; an instance is launched for it and pulls the image',
    measure: async (seed, timing, count) => {
      const installation = new SimulatedInstallation({ seed, timing });
      const { workbench } = await installation.create();
      return measureRestarts(installation, [workbench], count, { pauseMs: SCALE_IN_MS, instances: 0 });
    },
  },
];

/** An installation with one instance on which one workbench runs. */
async function openWithInstance(seed: number, timing: Timing) {
  const installation = new SimulatedInstallation({ seed, timing, instances: 1 });
  await installation.wait(BOOT_MS);
  const { workbench } = await installation.create();
  return { installation, workbench };
}

async function measureRestarts(
  installation: SimulatedInstallation,
  workbenches: readonly WorkbenchHandle[],
  count: number,
  { pauseMs, instances }: { readonly pauseMs: number; readonly instances: number },
): Promise<readonly number[]> {
  const times: number[] = [];
  while (times.length < count) {
    await installation.stop(workbenches, pauseMs);
    expectInstances(installation, instances);
    times.push(...(await installation.start(workbenches)));
  }
  return times;
}

/** @throws Error if the scenario does not measure what it describes */
function expectInstances({ instanceCount }: SimulatedInstallation, expected: number): void {
  if (instanceCount !== expected)
    throw new Error(`expected ${expected} instances before the start; found ${instanceCount}`);
}
