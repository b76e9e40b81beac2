import type { SkippedTests } from '#test/contracts/skipped-tests.ts';

/** What an emulator is known to do otherwise than AWS does. */
export interface Deviation {
  readonly emulator: 'moto' | 'ministack';
  /** What it does, after its name. */
  readonly behaviour: string;
  /** The test file that proves on the simulated world what cannot be proven on the emulator. */
  readonly coveredBy: `test/${string}.test.ts`;
}

const TASK_RUNNER_TEST = 'test/adapters/aws/ecs/task-runner.test.ts';
const HOST_FLEET_TEST = 'test/adapters/aws/ec2/host-fleet.test.ts';
const VOLUME_STORE_TEST = 'test/adapters/aws/efs/volume-store.test.ts';
const STARTING_TASKS_TEST = 'test/adapters/aws/ecs/run-task.test.ts';

/** Each is pinned in faults.test.ts, which fails once the emulator does better: then it goes, and all that rests on it. */
export const DEVIATIONS = {
  motoTaskToken: {
    emulator: 'moto',
    behaviour: 'runs another task for a token that was used',
    coveredBy: TASK_RUNNER_TEST,
  },
  motoRunsAtOnce: {
    emulator: 'moto',
    behaviour: 'shows a task as RUNNING from its first moment',
    coveredBy: TASK_RUNNER_TEST,
  },
  motoStopCode: {
    emulator: 'moto',
    behaviour: 'gives no stop code to a task that it was asked to stop',
    coveredBy: TASK_RUNNER_TEST,
  },
  motoSecondStop: {
    emulator: 'moto',
    behaviour: 'writes the reason of a later StopTask over the first',
    coveredBy: TASK_RUNNER_TEST,
  },
  motoConstraints: {
    emulator: 'moto',
    behaviour: 'places a task on a machine that its constraints rule out',
    coveredBy: STARTING_TASKS_TEST,
  },
  motoNoCapacity: {
    emulator: 'moto',
    behaviour: 'answers neither a task nor a failure when nothing has room',
    coveredBy: STARTING_TASKS_TEST,
  },
  motoNoInstances: {
    emulator: 'moto',
    behaviour: 'breaks down when the cluster has no machines',
    coveredBy: STARTING_TASKS_TEST,
  },
  motoLaunchToken: {
    emulator: 'moto',
    behaviour: 'launches another instance for a token that was used',
    coveredBy: HOST_FLEET_TEST,
  },
  motoAccessPointPages: {
    emulator: 'moto',
    behaviour: 'lists all access points on one page',
    coveredBy: VOLUME_STORE_TEST,
  },
  motoDefinitionOrder: {
    emulator: 'moto',
    behaviour: 'lists task definitions oldest first when asked for the newest first',
    coveredBy: 'test/adapters/aws/ecs/task-definition-input.test.ts',
  },
  motoFamilies: {
    emulator: 'moto',
    behaviour: 'lists families as active that have no active definition',
    coveredBy: 'test/adapters/aws/ecs/task-definition-input.test.ts',
  },
  ministackTaskToken: {
    emulator: 'ministack',
    behaviour: 'runs another task for a token that was used',
    coveredBy: TASK_RUNNER_TEST,
  },
  ministackRunsAtOnce: {
    emulator: 'ministack',
    behaviour: 'shows a task as RUNNING from its first moment, without an address',
    coveredBy: TASK_RUNNER_TEST,
  },
} as const satisfies Readonly<Record<string, Deviation>>;

export type DeviationName = keyof typeof DEVIATIONS;

/**
 * What moto lacks and tools/aws-emulators/patched_moto.py adds, so that the calls can be tried at all. Pinned like
 * the others: where one fails, its mend goes.
 */
export const PATCHED_DEVIATIONS = {
  motoTaskFields: 'tells neither version nor creation of a task, nor whether its agent is connected',
  motoTaskMemory: 'breaks down when a container counts on the memory of its task',
  motoDescribeStopsTask: 'stops a healthy task by describing it',
  motoAccessPointToken: 'makes another access point for a token that was used',
} as const;

export type PatchedDeviationName = keyof typeof PATCHED_DEVIATIONS;

/** The tests of a contract that these faults do not let pass, by title. */
export function exceptionsFor(faults: Readonly<Record<string, DeviationName>>): SkippedTests {
  const said = Object.entries(faults).map(([title, name]) => {
    const { emulator: of, behaviour: does, coveredBy } = DEVIATIONS[name];
    return [title, `${of} ${does}; proven on the simulated world in ${coveredBy}`];
  });
  return Object.fromEntries(said);
}
