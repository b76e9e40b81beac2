import {
  type Instance,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import type { ContainerInstance } from '@aws-sdk/client-ecs';
import { LAUNCH_TAG, USER_TAG, WORKBENCH_TAG } from '#contract/tags.ts';
import type { Clock } from '#core/ports/clock.ts';
import type { HostFleet, HostObservation, HostOutcome, HostRequest } from '#core/ports/host-fleet.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { ReasonCode } from '#core/workbench/reasons.ts';
import { truncateUtf8 } from '#core/workbench/truncate-utf8.ts';
import { type ContainerInstances, registeredCapacityOf } from '../ecs/container-instances.ts';
import { HOST_ATTRIBUTE } from '../ecs/run-task-input.ts';
import { errorNameOf, isAwsError, isOnlyAttempt, portError } from '../errors.ts';
import { startSendDeadline } from '../send-deadline.ts';
import { type Ec2Client, Ec2Instances, stateOf, tagOf } from './instances.ts';
import { type HostSettings, runInstancesInput } from './run-instances-input.ts';

const PAGE_SIZE = 100;

/**
 * DescribeInstances does not show a new instance at once. One that is still not visible after this time counts as
 * terminated. Milliseconds.
 */
const LAUNCH_VISIBLE_TIMEOUT_MS = 10 * 60_000;

/** Maximum length of a state reason, in bytes of UTF-8. */
const STATE_REASON_MAX = 200;

const LIVE_STATES = ['pending', 'running', 'stopping', 'stopped', 'shutting-down'];

/**
 * Hosts on EC2, which join the ECS cluster. The fleet changes only instances that have both the tag of the installation
 * and the tag of a workbench.
 *
 * A host is reported as `terminated` only after it has left the cluster. ECS keeps the registration of an instance that
 * was stopped or had a disconnected agent when it was terminated, so the first call that observes the termination
 * deregisters it.
 */
export class Ec2HostFleet implements HostFleet {
  readonly #client: Ec2Client;
  readonly #instances: Ec2Instances;
  readonly #containerInstances: ContainerInstances;
  readonly #settings: HostSettings;
  readonly #clock: Clock;

  constructor(
    client: Ec2Client,
    containerInstances: ContainerInstances,
    settings: HostSettings,
    clock: Clock,
  ) {
    this.#client = client;
    this.#instances = new Ec2Instances(client, settings.installation);
    this.#containerInstances = containerInstances;
    this.#settings = settings;
    this.#clock = clock;
  }

  async launch(request: HostRequest, token: string): Promise<HostOutcome> {
    try {
      const { Instances = [] } = await this.#client.send(
        new RunInstancesCommand(runInstancesInput(this.#settings, request, token)),
      );
      return await this.#confirmLaunch(request, Instances[0]);
    } catch (error) {
      return this.#resolveLaunchError(token, error);
    }
  }

  async start(instanceId: string): Promise<HostOutcome> {
    const checkSendDeadline = startSendDeadline(this.#clock);
    const instance = await this.#findHost(instanceId);
    if (instance === undefined)
      return toRefusal('instance_lost', 'The dedicated instance no longer exists.', false);
    const state = stateOf(instance);
    if (state === 'running' || state === 'pending') return this.#toAccepted(instance);
    if (state === 'stopping')
      throw new PortError('throttled', 'ec2 StartInstances: the instance is still stopping');
    if (state !== 'stopped') return toRefusal('instance_lost', `The dedicated instance is ${state}.`, false);
    const { acceptedImages } = this.#settings;
    if (acceptedImages !== undefined && !acceptedImages.has(instance.ImageId ?? '')) {
      return toRefusal('start_refused', 'The AMI of the dedicated instance is outdated.', false);
    }
    checkSendDeadline('ec2', 'StartInstances');
    try {
      await this.#client.send(new StartInstancesCommand({ InstanceIds: [instanceId] }));
      return await this.#toAccepted({ ...instance, State: { Name: 'pending' } });
    } catch (error) {
      return resolveStartError(error);
    }
  }

  async stop(instanceId: string): Promise<void> {
    const checkSendDeadline = startSendDeadline(this.#clock);
    const instance = await this.#findHost(instanceId);
    const state = instance === undefined ? 'terminated' : stateOf(instance);
    if (state !== 'running' && state !== 'pending') return;
    checkSendDeadline('ec2', 'StopInstances');
    try {
      await this.#client.send(new StopInstancesCommand({ InstanceIds: [instanceId] }));
    } catch (error) {
      if (isAwsError(error, 'noSuchInstance')) return;
      // An instance that is still pending cannot be stopped. Nothing has happened, so the stop is retried.
      if (!isAwsError(error, 'wrongState')) throw portError('ec2', 'StopInstances', error);
      throw new PortError('throttled', `ec2 StopInstances: ${errorNameOf(error)}`, error);
    }
  }

  async terminate(instanceId: string): Promise<void> {
    const checkSendDeadline = startSendDeadline(this.#clock);
    const instance = await this.#findHost(instanceId);
    if (instance === undefined) return;
    if (stateOf(instance) === 'terminated') await this.#observe([instance]);
    else await this.#instances.terminate(instanceId, checkSendDeadline);
  }

  async describe(instanceIds: readonly string[]): Promise<readonly HostObservation[]> {
    if (instanceIds.length > PAGE_SIZE) throw new RangeError(`at most ${PAGE_SIZE} instances at once`);
    const known = [...(await this.#instances.describe(instanceIds)).values()];
    const observed = await this.#observe(known.filter(isDedicated));
    const hostsById = new Map(observed.map((host) => [host.instanceId, host]));
    return instanceIds.map((instanceId) => hostsById.get(instanceId) ?? terminatedHost(instanceId));
  }

  async list(cursor?: string): Promise<{ hosts: readonly HostObservation[]; cursor?: string }> {
    const page = await this.#instances.find(
      [
        { Name: 'tag-key', Values: [WORKBENCH_TAG] },
        { Name: 'instance-state-name', Values: LIVE_STATES },
      ],
      cursor,
    );
    const live = page.instances.filter(
      (instance) => isDedicated(instance) && stateOf(instance) !== 'terminated',
    );
    const hosts = await this.#observe(live);
    return page.cursor === undefined ? { hosts } : { hosts, cursor: page.cursor };
  }

  /**
   * Accepts a launch only once DescribeInstances shows the instance. From then on an instance that cannot be described no
   * longer exists; otherwise a new host could be regarded as lost.
   */
  async #confirmLaunch(request: HostRequest, launched: Instance | undefined): Promise<HostOutcome> {
    const instanceId = launched?.InstanceId;
    if (launched === undefined || instanceId === undefined)
      throw new PortError('unavailable', 'ec2 RunInstances: no instance');
    // The age counts up to the request, not to the response: the process may be frozen in between.
    const now = this.#clock.now();
    const instance = await this.#findHost(instanceId);
    if (instance !== undefined) return this.#toAccepted(instance);
    const age = now - (launched.LaunchTime?.getTime() ?? now);
    if (age < LAUNCH_VISIBLE_TIMEOUT_MS)
      throw new PortError('unavailable', 'ec2 RunInstances: the instance is not visible yet');
    const { workbenchId, userId } = request;
    // The reason of an instance that lives is its state.
    const stateReason = stateOf(launched) === 'terminated' ? stateReasonOf(launched) : undefined;
    const host = { ...terminatedHost(instanceId), workbenchId, userId };
    return { kind: 'accepted', host: stateReason === undefined ? host : { ...host, stateReason } };
  }

  async #resolveLaunchError(token: string, error: unknown): Promise<HostOutcome> {
    if (error instanceof PortError) throw error;
    // Says that an earlier call launched the instance, and that it has ended. A retry can launch no other one.
    const ended = isAwsError(error, 'launchTokenEnded');
    const definite =
      ended ||
      (isAwsError(error, 'noCapacity', 'quota', 'invalidLaunchRequest', 'forbidden') && isOnlyAttempt(error));
    if (!definite && !isAwsError(error, 'launchTokenUsed')) throw portError('ec2', 'RunInstances', error);
    // An earlier call with this token may have launched an instance, perhaps with other settings, and its response was lost.
    const [instance] = await this.#instances.findAll([{ Name: `tag:${LAUNCH_TAG}`, Values: [token] }]);
    if (instance !== undefined) return this.#toAccepted(instance);
    if (!definite) throw portError('ec2', 'RunInstances', error);
    if (ended) return toRefusal('instance_lost', 'The instance of this launch is terminated.', true);
    if (isAwsError(error, 'noCapacity', 'quota')) {
      const message = `EC2 cannot launch an instance at present (${errorNameOf(error)}). Try again later.`;
      return toRefusal('no_capacity', message, true);
    }
    // A permission that is missing may be restored, or not be visible everywhere yet.
    const retryable = isAwsError(error, 'forbidden');
    return toRefusal(
      'start_refused',
      `EC2 refused to launch an instance (${errorNameOf(error)}).`,
      retryable,
    );
  }

  async #findHost(instanceId: string): Promise<Instance | undefined> {
    const instance = (await this.#instances.describe([instanceId])).get(instanceId);
    return instance !== undefined && isDedicated(instance) ? instance : undefined;
  }

  async #toAccepted(instance: Instance): Promise<HostOutcome> {
    const [host] = await this.#observe([instance]);
    return { kind: 'accepted', host: host ?? terminatedHost(instance.InstanceId ?? '') };
  }

  async #observe(instances: readonly Instance[]): Promise<readonly HostObservation[]> {
    const possiblyRegistered = instances.filter((instance) =>
      ['running', 'terminated'].includes(stateOf(instance)),
    );
    const registered = await this.#containerInstances.findByInstanceIds(
      possiblyRegistered.flatMap(({ InstanceId }) => InstanceId ?? []),
    );
    const hosts: HostObservation[] = [];
    for (const instance of instances) {
      const known = registered.get(instance.InstanceId ?? '');
      if (stateOf(instance) === 'terminated' && known?.containerInstanceArn !== undefined) {
        await this.#containerInstances.deregister(known.containerInstanceArn);
      }
      hosts.push(toHostObservation(instance, known));
    }
    return hosts;
  }
}

function toHostObservation(instance: Instance, known: ContainerInstance | undefined): HostObservation {
  const state = stateOf(instance);
  const workbenchId = tagOf(instance, WORKBENCH_TAG);
  const user = tagOf(instance, USER_TAG);
  const launchedAt = instance.LaunchTime?.getTime();
  const stateReason = stateReasonOf(instance);
  return {
    instanceId: instance.InstanceId ?? '',
    ...(workbenchId === undefined ? {} : { workbenchId }),
    ...(user === undefined ? {} : { userId: Buffer.from(user, 'base64url').toString('utf8') }),
    ...(launchedAt === undefined ? {} : { launchedAt }),
    state,
    agentConnected: state === 'running' && known !== undefined && canRunTaskOf(known, workbenchId),
    ...(stateReason === undefined ? {} : { stateReason }),
    ...(known === undefined ? {} : registeredCapacityOf(known)),
  };
}

/**
 * Whether ECS can place the workbench's task on this container instance. Its placement constraint requires the attribute,
 * which ECS may show later than the connection of the agent.
 */
function canRunTaskOf(instance: ContainerInstance, workbenchId: string | undefined): boolean {
  const { status, agentConnected, attributes = [] } = instance;
  const attribute = attributes.find(({ name }) => name === HOST_ATTRIBUTE);
  return status === 'ACTIVE' && agentConnected === true && attribute?.value === workbenchId;
}

/** EC2's reason for the state, with its code. The message usually begins with the code. */
function stateReasonOf({ StateReason }: Instance): string | undefined {
  const { Code = '', Message = '' } = StateReason ?? {};
  const text = Message.startsWith(Code) ? Message : [Code, Message].filter(Boolean).join(': ');
  return text === '' ? undefined : truncateUtf8(text, STATE_REASON_MAX);
}

function isDedicated(instance: Instance): boolean {
  return tagOf(instance, WORKBENCH_TAG) !== undefined;
}

function terminatedHost(instanceId: string): HostObservation {
  return { instanceId, state: 'terminated', agentConnected: false };
}

/**
 * Maps an error of StartInstances to a refusal if the instance cannot start as it is.
 * @throws PortError if the outcome is unknown, or if the call was throttled
 */
function resolveStartError(error: unknown): HostOutcome {
  if (isAwsError(error, 'noCapacity', 'quota') && isOnlyAttempt(error)) {
    return toRefusal(
      'no_capacity',
      `EC2 cannot start the dedicated instance at present (${errorNameOf(error)}). Try again later.`,
      true,
    );
  }
  if (isAwsError(error, 'noSuchInstance'))
    return toRefusal('instance_lost', 'The dedicated instance no longer exists.', false);
  if (isAwsError(error, 'wrongState')) {
    throw new PortError('throttled', `ec2 StartInstances: ${errorNameOf(error)}`, error);
  }
  throw portError('ec2', 'StartInstances', error);
}

function toRefusal(code: ReasonCode, message: string, retryable: boolean): HostOutcome {
  return { kind: 'refused', code, message, retryable };
}
