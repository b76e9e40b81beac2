import type {
  DescribeInstancesCommandInput,
  Filter,
  Instance,
  RunInstancesCommandInput,
  StartInstancesCommandInput,
  StopInstancesCommandInput,
  TerminateInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import type { Kernel } from '../kernel.ts';
import { type AwsCommand, awsError } from './aws-error.ts';
import type { HazardDraws } from './hazards.ts';
import type { SimulatedInstance, SimulatedInstances, Size } from './simulated-instances.ts';
import { TokenBucket } from './token-bucket.ts';

/** A terminated instance can be described this long. */
const TERMINATED_RETENTION_MS = 3_600_000;

/** EC2's instances, as far as dedicated machines need them. */
export class Ec2Model {
  readonly #kernel: Kernel;
  readonly #draws: HazardDraws;
  readonly #instances: SimulatedInstances;
  readonly #cluster: string;
  readonly #instanceTypes: Readonly<Record<string, Size>>;
  readonly #tokens = new Map<string, { readonly parameters: string; readonly machine: SimulatedInstance }>();
  /** From when on a machine can be described. */
  readonly #visibleAt = new Map<SimulatedInstance, number>();
  readonly #pendingInstanceCannotStop: boolean;
  readonly #buckets: Readonly<Record<'run' | 'start' | 'stop' | 'terminate', TokenBucket>>;
  /** The AMI that launch templates name just now. */
  imageId = 'ami-1';

  constructor(
    kernel: Kernel,
    draws: HazardDraws,
    machines: SimulatedInstances,
    cluster: string,
    instanceTypes: Readonly<Record<string, Size>>,
  ) {
    this.#kernel = kernel;
    this.#draws = draws;
    this.#instances = machines;
    this.#cluster = cluster;
    this.#instanceTypes = instanceTypes;
    this.#pendingInstanceCannotStop = draws.happens('pendingInstanceCannotStop');
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
      return { Instances: [this.#shape(used.machine)] };
    }
    const size = this.#instanceTypes[input.InstanceType ?? ''];
    if (size === undefined) throw awsError('InvalidParameterValue', 'Invalid value for instanceType');
    if (this.#draws.happens('noCapacity')) throw insufficientCapacityError();
    const machine = this.#instances.launch({
      instanceType: input.InstanceType ?? '',
      size,
      tags: tagsOf(input),
      attributes: this.#attributesOf(input),
      imageId: this.imageId,
    });
    this.#tokens.set(ClientToken, { parameters: fingerprint, machine });
    const hidden = this.#draws.happens('describeIsStale') ? this.#draws.secondsAsMs(1, 10) : 0;
    if (hidden > 0) this.#visibleAt.set(machine, this.#kernel.now() + hidden);
    return { Instances: [this.#shape(machine)] };
  }

  #describe({ InstanceIds, Filters = [], MaxResults = 1000, NextToken = '' }: DescribeInstancesCommandInput) {
    if (InstanceIds !== undefined) {
      const found = InstanceIds.map((id) => this.#shape(this.#get(id)));
      return { Reservations: [{ Instances: found }] };
    }
    const Instances: Instance[] = [];
    for (const machine of this.#instances.all.values()) {
      if (machine.instanceId <= NextToken || !this.#isVisible(machine)) continue;
      if (!Filters.every((filter) => matchesFilter(machine, filter))) continue;
      if (Instances.length === MaxResults) {
        return { Reservations: [{ Instances }], NextToken: Instances.at(-1)?.InstanceId };
      }
      Instances.push(this.#shape(machine));
    }
    return { Reservations: [{ Instances }] };
  }

  #start({ InstanceIds = [] }: StartInstancesCommandInput) {
    this.#throttle('start');
    const StartingInstances = InstanceIds.map((id) => {
      const machine = this.#get(id);
      const { state } = machine;
      if (state !== 'running' && state !== 'pending') {
        if (state !== 'stopped') throw incorrectStateError(machine);
        if (this.#draws.happens('noCapacity')) throw insufficientCapacityError();
        this.#instances.start(machine);
      }
      return { InstanceId: id, CurrentState: { Name: machine.state }, PreviousState: { Name: state } };
    });
    return { StartingInstances };
  }

  #stop({ InstanceIds = [] }: StopInstancesCommandInput) {
    this.#throttle('stop');
    const StoppingInstances = InstanceIds.map((id) => {
      const machine = this.#get(id);
      const { state } = machine;
      const refused = state === 'pending' && this.#pendingInstanceCannotStop;
      if (refused || state === 'shutting-down' || state === 'terminated') throw incorrectStateError(machine);
      if (state === 'running' || state === 'pending') this.#instances.stop(machine);
      return { InstanceId: id, CurrentState: { Name: machine.state }, PreviousState: { Name: state } };
    });
    return { StoppingInstances };
  }

  #terminate({ InstanceIds = [] }: TerminateInstancesCommandInput) {
    this.#throttle('terminate');
    const TerminatingInstances = InstanceIds.map((id) => {
      const machine = this.#get(id);
      const { state } = machine;
      this.#instances.terminate(machine);
      return { InstanceId: id, CurrentState: { Name: machine.state }, PreviousState: { Name: state } };
    });
    return { TerminatingInstances };
  }

  #get(instanceId: string): SimulatedInstance {
    if (!/^i-[0-9a-f]{17}$/.test(instanceId)) {
      throw awsError('InvalidInstanceID.Malformed', `Invalid id: "${instanceId}"`);
    }
    const machine = this.#instances.all.get(instanceId);
    if (machine === undefined || !this.#isVisible(machine)) {
      throw awsError('InvalidInstanceID.NotFound', `The instance ID '${instanceId}' does not exist`);
    }
    return machine;
  }

  #isVisible(machine: SimulatedInstance): boolean {
    const now = this.#kernel.now();
    if (machine.state === 'terminated' && now >= machine.stateSince + TERMINATED_RETENTION_MS) return false;
    return now >= (this.#visibleAt.get(machine) ?? 0);
  }

  #shape({ instanceId, spec, state, launchedAt }: SimulatedInstance): Instance {
    return {
      InstanceId: instanceId,
      InstanceType: spec.instanceType as NonNullable<Instance['InstanceType']>,
      ImageId: spec.imageId,
      State: { Name: state },
      LaunchTime: new Date(launchedAt),
      Tags: Object.entries(spec.tags).map(([Key, Value]) => ({ Key, Value })),
    };
  }

  /** What its agent will register with; an agent that was sent to another cluster does not register here. */
  #attributesOf({ UserData = '' }: RunInstancesCommandInput): Record<string, string> {
    const text = Buffer.from(UserData, 'base64').toString('utf8');
    if (!text.includes(`ECS_CLUSTER=${this.#cluster}\n`)) throw new Error('it would join another cluster');
    const attributes = /^ECS_INSTANCE_ATTRIBUTES=(.*)$/m.exec(text)?.[1];
    return attributes === undefined ? {} : JSON.parse(attributes);
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

function insufficientCapacityError(): Error {
  return awsError('InsufficientInstanceCapacity', 'There is no Spot or on-demand capacity.', {}, 500);
}

function incorrectStateError({ instanceId, state }: SimulatedInstance): Error {
  return awsError('IncorrectInstanceState', `The instance '${instanceId}' is ${state}.`);
}
