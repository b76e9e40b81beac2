import type { SkippedTests } from '#test/contracts/skipped-tests.ts';

/** A known difference between an emulator and AWS. */
export interface Deviation {
  readonly emulator: 'moto' | 'ministack';
  /** The behaviour, as a predicate of the emulator's name: "moto {behaviour}". */
  readonly behaviour: string;
  /** The test file that checks elsewhere what cannot be checked on the emulator. */
  readonly coveredBy: `test/${string}.test.ts`;
}

const TASK_RUNNER_TEST = 'test/adapters/aws/ecs/task-runner.test.ts';
const HOST_FLEET_TEST = 'test/adapters/aws/ec2/host-fleet.test.ts';
const VOLUME_STORE_TEST = 'test/adapters/aws/efs/volume-store.test.ts';
const RUN_TASK_TEST = 'test/adapters/aws/ecs/run-task.test.ts';

/**
 * emulator-deviations.test.ts pins each deviation and fails when the emulator is corrected. Then delete the deviation and
 * the exceptions that refer to it.
 */
export const DEVIATIONS = {
  motoTaskToken: {
    emulator: 'moto',
    behaviour: 'runs another task for a client token that was used',
    coveredBy: TASK_RUNNER_TEST,
  },
  motoRunsAtOnce: {
    emulator: 'moto',
    behaviour: 'reports a new task as RUNNING at once',
    coveredBy: TASK_RUNNER_TEST,
  },
  motoStopCode: {
    emulator: 'moto',
    behaviour: 'reports no stop code after StopTask',
    coveredBy: TASK_RUNNER_TEST,
  },
  motoSecondStop: {
    emulator: 'moto',
    behaviour: 'overwrites the stop reason with that of a later StopTask',
    coveredBy: TASK_RUNNER_TEST,
  },
  motoConstraints: {
    emulator: 'moto',
    behaviour: 'places a task on an instance that its constraints exclude',
    coveredBy: RUN_TASK_TEST,
  },
  motoNoCapacity: {
    emulator: 'moto',
    behaviour: 'returns neither a task nor a failure if no instance has free capacity',
    coveredBy: RUN_TASK_TEST,
  },
  motoNoInstances: {
    emulator: 'moto',
    behaviour: 'has an internal error in RunTask if the cluster has no instances',
    coveredBy: RUN_TASK_TEST,
  },
  motoLaunchToken: {
    emulator: 'moto',
    behaviour: 'launches another instance for a client token that was used',
    coveredBy: HOST_FLEET_TEST,
  },
  motoAccessPointPages: {
    emulator: 'moto',
    behaviour: 'lists all access points on one page',
    coveredBy: VOLUME_STORE_TEST,
  },
  motoDefinitionOrder: {
    emulator: 'moto',
    behaviour: 'lists task definitions oldest first for the sort order DESC',
    coveredBy: 'test/adapters/aws/ecs/task-definition-input.test.ts',
  },
  motoFamilies: {
    emulator: 'moto',
    behaviour: 'lists families without an active definition as ACTIVE',
    coveredBy: 'test/adapters/aws/ecs/task-definition-input.test.ts',
  },
  motoConditionalWrites: {
    emulator: 'moto',
    behaviour: 'lets two of many concurrent conditional writes succeed',
    coveredBy: 'test/adapters/aws/dynamodb/stores.slow.test.ts',
  },
  ministackTaskToken: {
    emulator: 'ministack',
    behaviour: 'runs another task for a client token that was used',
    coveredBy: TASK_RUNNER_TEST,
  },
  ministackRunsAtOnce: {
    emulator: 'ministack',
    behaviour: 'reports a new task as RUNNING at once, without an address',
    coveredBy: TASK_RUNNER_TEST,
  },
} as const satisfies Readonly<Record<string, Deviation>>;

export type DeviationName = keyof typeof DEVIATIONS;

/**
 * Deviations of moto that tools/aws-emulators/patched_moto.py corrects, because without them the adapters cannot be tested
 * at all. They are pinned too: if a test fails, delete the patch.
 */
export const PATCHED_DEVIATIONS = {
  motoTaskFields: 'reports neither version, creation time nor agent connectivity of a task',
  motoTaskMemory: 'has an internal error if only the task, and no container, has a memory limit',
  motoDescribeStopsTask: 'stops a healthy task after it has been described',
  motoAccessPointToken: 'creates another access point for a client token that was used',
} as const;

export type PatchedDeviationName = keyof typeof PATCHED_DEVIATIONS;

/**
 * The tests of a contract suite that cannot pass on an emulator, with the reason.
 * @param deviations title of the test → the deviation that prevents it
 */
export function exceptionsFor(deviations: Readonly<Record<string, DeviationName>>): SkippedTests {
  const reasons = Object.entries(deviations).map(([title, name]) => {
    const { emulator, behaviour, coveredBy } = DEVIATIONS[name];
    return [title, `${emulator} ${behaviour}; checked in ${coveredBy}`];
  });
  return Object.fromEntries(reasons);
}
