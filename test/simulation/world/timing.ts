/** A delay that the tape decides: `min`, `min + step`, … up to `max`. Milliseconds. */
export interface Delay {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

/** How long the steps take from a request to a running task. */
export interface Timing {
  /** From a task without capacity to the launch of an instance: the metric, its alarm, the Auto Scaling group. */
  readonly scaleOut: Delay;
  /** From the launch of an instance to `running`. */
  readonly instanceBoot: Delay;
  /** From `running` to the registration of the agent. */
  readonly agentStart: Delay;
  /** From the creation of an access point to `available`. Delays of the hazard `accessPointCreating` are added. */
  readonly accessPoint: Delay;
  /** The network interface of a task. */
  readonly interfaceAttach: Delay;
  /** The pause container, the manifest, and the pull of an image that the instance has. */
  readonly pull: Delay;
  /** The same, plus the pull of an image that the instance does not have yet. */
  readonly firstPull: Delay;
  /** One mount, in a world with `oneMountAtATime`. */
  readonly mount: Delay;
  /**
   * 2 if the image has a folder at the mount point: Docker mounts the volume to copy the folder, unmounts it, and mounts it
   * again.
   */
  readonly mountsPerStart: 1 | 2;
  /** From the start of the container to its first HTTP response. */
  readonly boot: Delay;
  /** Docker probes the container at multiples of this time after its start. 0: the end of `boot` counts. Milliseconds. */
  readonly probeIntervalMs: number;
  /** The start of the readiness container, in a world with `companion`. */
  readonly companion: Delay;
}

function seconds(min: number, max: number): Delay {
  return { min: min * 1000, max: max * 1000, step: 1000 };
}

function tenths(min: number, max: number): Delay {
  return { min: min * 1000, max: max * 1000, step: 100 };
}

/** Wide ranges, so that few schedules meet many orders of events. */
export const WIDE_TIMING: Timing = {
  scaleOut: seconds(5, 60),
  instanceBoot: seconds(10, 40),
  agentStart: seconds(20, 60),
  accessPoint: seconds(0, 0),
  interfaceAttach: seconds(2, 10),
  pull: seconds(2, 40),
  firstPull: seconds(2, 40),
  mount: seconds(1, 3),
  mountsPerStart: 1,
  boot: seconds(3, 30),
  probeIntervalMs: 0,
  companion: seconds(1, 3),
};

/**
 * What a start takes on AWS, as documents and the source of agent 1.106 suggest: an instance without trunking, and an image
 * that has a folder at the mount point and a health check with an interval of 5 seconds.
 */
export const REAL_TIMING: Timing = {
  scaleOut: tenths(60, 90),
  instanceBoot: tenths(20, 40),
  agentStart: tenths(40, 80),
  accessPoint: tenths(0.5, 1.5),
  interfaceAttach: tenths(4, 10),
  pull: tenths(1.5, 3),
  firstPull: tenths(30, 120),
  mount: tenths(0.7, 1.3),
  mountsPerStart: 2,
  boot: tenths(2, 4),
  probeIntervalMs: 5000,
  companion: tenths(1.5, 3),
};

/** What each setting changes in REAL_TIMING. Together they are the settings that this project deploys. */
export const TIMING_OF_SETTING = {
  trunking: { interfaceAttach: tenths(2, 4) },
  'start interval of 1 s in the image': { probeIntervalMs: 1000 },
  'image of the readiness container pulled upfront': { companion: tenths(0.6, 0.6) },
  'pull behaviour once': { pull: tenths(0.5, 1) },
  'mount point that the image does not have': { mountsPerStart: 1 },
} as const satisfies Readonly<Record<string, Partial<Timing>>>;

/** How long the controller and the services that it uses take. */
export interface ControllerTiming {
  /** From a request, a message or an event at Lambda to the first call of its function, in an idle environment. */
  readonly warmInvocation: Delay;
  /** The same in a new environment. */
  readonly coldInvocation: Delay;
  /** Lambda keeps an idle environment for this time. Milliseconds. */
  readonly environmentIdleMs: number;
  /** A call of the janitor, whose function is in the VPC and mounts the file system, in an idle environment. */
  readonly warmJanitor: Delay;
  /** The same in a new environment. */
  readonly coldJanitor: Delay;
  /** A call of ECS, EC2 or EFS. */
  readonly awsCall: Delay;
  /** A call of DynamoDB or SQS. */
  readonly storeCall: Delay;
  /** From a change in ECS or EC2 to the invocation of the function for its event. */
  readonly event: Delay;
}

/**
 * Estimates for the functions as deployed. A request and its message take 0.2 s in warm and 1.5 s in cold environments, the
 * calls of a start 0.8 to 1.5 s. Lambda does not document how long it keeps idle environments.
 */
export const REAL_CONTROLLER_TIMING: ControllerTiming = {
  warmInvocation: tenths(0.1, 0.1),
  coldInvocation: tenths(0.6, 0.9),
  environmentIdleMs: 5 * 60_000,
  warmJanitor: tenths(0.1, 0.1),
  coldJanitor: tenths(1, 2.5),
  awsCall: tenths(0.2, 0.4),
  storeCall: { min: 5, max: 20, step: 5 },
  event: tenths(0.5, 1),
};
