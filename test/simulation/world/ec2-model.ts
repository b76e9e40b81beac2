import type {
  DescribeInstancesCommandInput,
  Filter,
  Instance,
  RunInstancesCommandInput,
  StartInstancesCommandInput,
  StopInstancesCommandInput,
  TerminateInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import { WORKBENCH_TAG } from '#contract/tags.ts';
import type { Kernel } from '../kernel.ts';
import { type AwsCommand, awsError } from './aws-error.ts';
import type { HazardDraws } from './hazards.ts';
import { EC2_ERRORS, STATE_REASONS, type StateReasonCode } from './reasons.ts';
import type { SimulatedInstance, SimulatedInstances, Size } from './simulated-instances.ts';
import { TokenBucket } from './token-bucket.ts';

/** EC2 returns a terminated instance for one hour. */
const TERMINATED_RETENTION_MS = 3_600_000;

const LAUNCH_FAILURES = [
  'Client.VolumeLimitExceeded',
  'Client.InvalidKMSKey.InvalidState',
  'Server.InternalError',
  'Server.InsufficientInstanceCapacity',
] as const satisfies readonly StateReasonCode[];

const LAUNCH_LIMITS = [
  'VcpuLimitExceeded',
  'VolumeLimitExceeded',
  'NetworkInterfaceLimitExceeded',
  'PendingVerification',
] as const satisfies readonly (keyof typeof EC2_ERRORS)[];
type LaunchLimit = (typeof LAUNCH_LIMITS)[number];

/** The EC2 API, as far as the controller uses it for hosts. */
export class Ec2Model {
  readonly #kernel: Kernel;
  readonly #draws: HazardDraws;
  readonly #instances: SimulatedInstances;
  readonly #cluster: string;
  readonly #instanceTypes: Readonly<Record<string, Size>>;
  readonly #tokens = new Map<string, { readonly parameters: string; readonly instance: SimulatedInstance }>();
  /** DescribeInstances returns the instance from this time on. */
  readonly #visibleAt = new Map<SimulatedInstance, number>();
  readonly #pendingInstanceCannotStop: boolean;
  readonly #launchTokenEnded: boolean;
  readonly #buckets: Readonly<Record<'run' | 'start' | 'stop' | 'terminate', TokenBucket>>;
  #fullSubnet: { readonly subnet: string; readonly until: number } | undefined;
  #limit: { readonly name: LaunchLimit; readonly until: number } | undefined;
  /** Workbench → why each of its launches ends. */
  readonly #failingLaunches = new Map<string, StateReasonCode>();
  /** The AMI that the launch template names. */
  imageId = 'ami-1';

  constructor(
    kernel: Kernel,
    draws: HazardDraws,
    instances: SimulatedInstances,
    cluster: string,
    instanceTypes: Readonly<Record<string, Size>>,
  ) {
    this.#kernel = kernel;
    this.#draws = draws;
    this.#instances = instances;
    this.#cluster = cluster;
    this.#instanceTypes = instanceTypes;
    this.#pendingInstanceCannotStop = draws.happens('pendingInstanceCannotStop');
    this.#launchTokenEnded = draws.happens('launchTokenEnded');
    const bucket = (burst: number, perSecond: number) =>
      new TokenBucket(() => kernel.now(), burst, perSecond);
    this.#buckets = {
      run: bucket(5, 2),
      start: bucket(5, 2),
      stop: bucket(50, 5),
      terminate: bucket(100, 5),
    };
  }

  handle(command: AwsCommand): unknown {
    const { input } = command;
    switch (command.constructor.name) {
      case 'RunInstancesCommand':
        return this.#run(input as RunInstancesCommandInput);
      case 'DescribeInstancesCommand':
        return this.#describe(input as DescribeInstancesCommandInput);
      case 'StartInstancesCommand':
        return this.#start(input as StartInstancesCommandInput);
      case 'StopInstancesCommand':
        return this.#stop(input as StopInstancesCommandInput);
      case 'TerminateInstancesCommand':
        return this.#terminate(input as TerminateInstancesCommandInput);
      default:
        throw new Error(`EC2 is not modelled for ${command.constructor.name}`);
    }
  }

  #run(input: RunInstancesCommandInput) {
    this.#throttle('run');
    const { ClientToken = '', ...parameters } = input;
    const fingerprint = JSON.stringify(parameters);
    const used = this.#tokens.get(ClientToken);
    if (used !== undefined) {
      if (used.parameters !== fingerprint) {
        throw awsError('IdempotentParameterMismatch', 'The token was used with other parameters.');
      }
      const { state } = used.instance;
      if (this.#launchTokenEnded && (state === 'shutting-down' || state === 'terminated')) {
        throw ec2Error('IdempotentInstanceTerminated');
      }
      return { Instances: [this.#shape(used.instance)] };
    }
    const size = this.#instanceTypes[input.InstanceType ?? ''];
    if (size === undefined) throw awsError('InvalidParameterValue', 'Invalid value for instanceType');
    this.#checkSubnet(input.SubnetId ?? '');
    this.#checkLimits(LAUNCH_LIMITS);
    if (this.#draws.happens('noCapacity')) throw insufficientCapacityError();
    const instance = this.#instances.launch({
      instanceType: input.InstanceType ?? '',
      size,
      tags: tagsOf(input),
      attributes: this.#attributesOf(input),
      imageId: this.imageId,
    });
    this.#tokens.set(ClientToken, { parameters: fingerprint, instance });
    const failure = this.#drawLaunchFailure(instance);
    if (failure !== undefined) {
      this.#instances.failLaunch(instance, this.#draws.secondsAsMs(2, 30), failure);
    }
    const describeDelayMs = this.#draws.happens('describeIsStale') ? this.#draws.secondsAsMs(1, 10) : 0;
    if (describeDelayMs > 0) this.#visibleAt.set(instance, this.#kernel.now() + describeDelayMs);
    return { Instances: [this.#shape(instance)] };
  }

  #describe({ InstanceIds, Filters = [], MaxResults = 1000, NextToken = '' }: DescribeInstancesCommandInput) {
    if (InstanceIds !== undefined) {
      const found = InstanceIds.map((id) => this.#describedShape(this.#get(id)));
      return { Reservations: [{ Instances: found }] };
    }
    const Instances: Instance[] = [];
    for (const instance of this.#instances.all.values()) {
      if (instance.instanceId <= NextToken || !this.#isVisible(instance)) continue;
      const shown = { ...instance, state: this.#shownState(instance) };
      if (!Filters.every((filter) => matchesFilter(shown, filter))) continue;
      if (Instances.length === MaxResults) {
        return { Reservations: [{ Instances }], NextToken: Instances.at(-1)?.InstanceId };
      }
      Instances.push(this.#describedShape(instance));
    }
    return { Reservations: [{ Instances }] };
  }

  #start({ InstanceIds = [] }: StartInstancesCommandInput) {
    this.#throttle('start');
    const StartingInstances = InstanceIds.map((id) => {
      const instance = this.#get(id);
      const { state } = instance;
      if (state !== 'running' && state !== 'pending') {
        if (state !== 'stopped') throw incorrectStateError(instance);
        this.#checkLimits(['VcpuLimitExceeded']);
        if (this.#draws.happens('noCapacity')) throw insufficientCapacityError();
        this.#instances.start(instance);
      }
      return { InstanceId: id, CurrentState: { Name: instance.state }, PreviousState: { Name: state } };
    });
    return { StartingInstances };
  }

  #stop({ InstanceIds = [] }: StopInstancesCommandInput) {
    this.#throttle('stop');
    const StoppingInstances = InstanceIds.map((id) => {
      const instance = this.#get(id);
      const { state } = instance;
      const cannotStop = state === 'pending' && this.#pendingInstanceCannotStop;
      if (cannotStop || state === 'shutting-down' || state === 'terminated')
        throw incorrectStateError(instance);
      if (state === 'running' || state === 'pending') this.#instances.stop(instance);
      return { InstanceId: id, CurrentState: { Name: instance.state }, PreviousState: { Name: state } };
    });
    return { StoppingInstances };
  }

  #terminate({ InstanceIds = [] }: TerminateInstancesCommandInput) {
    this.#throttle('terminate');
    const TerminatingInstances = InstanceIds.map((id) => {
      const instance = this.#get(id);
      const { state } = instance;
      this.#instances.terminate(instance);
      return { InstanceId: id, CurrentState: { Name: instance.state }, PreviousState: { Name: state } };
    });
    return { TerminatingInstances };
  }

  #get(instanceId: string): SimulatedInstance {
    if (!/^i-[0-9a-f]{17}$/.test(instanceId)) {
      throw awsError('InvalidInstanceID.Malformed', `Invalid id: "${instanceId}"`);
    }
    const instance = this.#instances.all.get(instanceId);
    if (instance === undefined || !this.#isVisible(instance)) {
      throw awsError('InvalidInstanceID.NotFound', `The instance ID '${instanceId}' does not exist`);
    }
    return instance;
  }

  #isVisible(instance: SimulatedInstance): boolean {
    const now = this.#kernel.now();
    if (instance.state === 'terminated' && now >= instance.stateSince + TERMINATED_RETENTION_MS) return false;
    return now >= (this.#visibleAt.get(instance) ?? 0);
  }

  #describedShape(instance: SimulatedInstance): Instance {
    const state = this.#shownState(instance);
    return { ...this.#shape(instance), State: { Name: state } };
  }

  /** The state that DescribeInstances returns. */
  #shownState({ state, shownAsRunningUntil = 0 }: SimulatedInstance): SimulatedInstance['state'] {
    const isEnding = state === 'stopping' || state === 'shutting-down';
    const isLate = isEnding && !this.#draws.disabled && this.#kernel.now() < shownAsRunningUntil;
    return isLate ? 'running' : state;
  }

  #shape({ instanceId, spec, state, launchedAt, stateReason }: SimulatedInstance): Instance {
    return {
      InstanceId: instanceId,
      InstanceType: spec.instanceType as NonNullable<Instance['InstanceType']>,
      ImageId: spec.imageId,
      State: { Name: state },
      ...(stateReason === undefined
        ? {}
        : { StateReason: { Code: stateReason, Message: STATE_REASONS[stateReason] } }),
      LaunchTime: new Date(launchedAt),
      Tags: Object.entries(spec.tags).map(([Key, Value]) => ({ Key, Value })),
    };
  }

  /**
   * The attributes with which the agent registers, from the user data.
   * @throws Error when the user data names another cluster: the agent would not register with this one
   */
  #attributesOf({ UserData = '' }: RunInstancesCommandInput): Record<string, string> {
    const text = Buffer.from(UserData, 'base64').toString('utf8');
    if (!text.includes(`ECS_CLUSTER=${this.#cluster}\n`))
      throw new Error(`the user data does not name the cluster ${this.#cluster}`);
    const attributes = /^ECS_INSTANCE_ATTRIBUTES=(.*)$/m.exec(text)?.[1];
    return attributes === undefined ? {} : JSON.parse(attributes);
  }

  #checkSubnet(subnet: string): void {
    if (this.#draws.disabled) return;
    const now = this.#kernel.now();
    if (this.#fullSubnet === undefined || this.#fullSubnet.until <= now) {
      if (!this.#draws.happens('subnetFull')) return;
      this.#fullSubnet = { subnet, until: now + this.#draws.secondsAsMs(60, 1200) };
    }
    if (this.#fullSubnet.subnet === subnet) throw ec2Error('InsufficientFreeAddressesInSubnet');
  }

  /** @param names the limits that apply to the call; a new episode draws one of them */
  #checkLimits(names: readonly [LaunchLimit, ...LaunchLimit[]]): void {
    if (this.#draws.disabled) return;
    const now = this.#kernel.now();
    if (this.#limit === undefined || this.#limit.until <= now) {
      if (!this.#draws.happens('launchLimited')) return;
      this.#limit = { name: this.#draws.pick(names), until: now + this.#draws.secondsAsMs(60, 600) };
    }
    if (names.includes(this.#limit.name)) throw ec2Error(this.#limit.name);
  }

  #drawLaunchFailure({ spec }: SimulatedInstance): StateReasonCode | undefined {
    const workbench = spec.tags[WORKBENCH_TAG] ?? '';
    const lasting = this.#failingLaunches.get(workbench);
    if (lasting !== undefined && !this.#draws.disabled) return lasting;
    if (!this.#draws.happens('launchDies')) return undefined;
    const stateReason = this.#draws.pick(LAUNCH_FAILURES);
    if (this.#draws.pick([false, true])) this.#failingLaunches.set(workbench, stateReason);
    return stateReason;
  }

  #throttle(call: 'run' | 'start' | 'stop' | 'terminate'): void {
    if (!this.#buckets[call].take())
      throw awsError('RequestLimitExceeded', 'Request limit exceeded.', {}, 503);
  }
}

function tagsOf({ TagSpecifications = [] }: RunInstancesCommandInput): Record<string, string> {
  const tags = TagSpecifications.find(({ ResourceType }) => ResourceType === 'instance')?.Tags ?? [];
  return Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
}

function matchesFilter(
  { instanceId, state, spec }: SimulatedInstance,
  { Name = '', Values = [] }: Filter,
): boolean {
  if (Name === 'instance-id') return Values.includes(instanceId);
  if (Name === 'instance-state-name') return Values.includes(state);
  if (Name === 'tag-key') return Values.some((key) => key in spec.tags);
  if (Name.startsWith('tag:')) return Values.includes(spec.tags[Name.slice('tag:'.length)] ?? '');
  throw awsError('InvalidParameterValue', `The filter '${Name}' is invalid`);
}

function ec2Error(name: keyof typeof EC2_ERRORS): Error {
  return awsError(name, EC2_ERRORS[name]);
}

function insufficientCapacityError(): Error {
  return awsError(
    'InsufficientInstanceCapacity',
    'There is no Spot or On-Demand capacity available.',
    {},
    500,
  );
}

function incorrectStateError({ instanceId, state }: SimulatedInstance): Error {
  return awsError('IncorrectInstanceState', `The instance '${instanceId}' is ${state}.`);
}
