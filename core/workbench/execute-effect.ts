import { type HourlyRates, hostRatesOf, shareRateOf } from '../cost/rates.ts';
import { choosePlacement } from '../placement/choose-placement.ts';
import type { ActivityStore } from '../ports/activity-store.ts';
import type { CapacityCatalog } from '../ports/capacity-catalog.ts';
import type { Clock } from '../ports/clock.ts';
import type { GateProbe } from '../ports/gate-probe.ts';
import type { HostFleet, HostOutcome } from '../ports/host-fleet.ts';
import { PortError } from '../ports/port-error.ts';
import { isMissing, type TaskRunner } from '../ports/task-runner.ts';
import type { VolumeOutcome, VolumeStore } from '../ports/volume-store.ts';
import type { Effect, EffectResult } from './lifecycle/inputs.ts';
import { REASON_MESSAGE_MAX } from './reasons.ts';
import { truncateUtf8 } from './truncate-utf8.ts';
import type { Workbench } from './workbench.ts';

export interface EffectPorts {
  readonly activity: Pick<ActivityStore, 'readEvidence'>;
  readonly tasks: TaskRunner;
  readonly gate: GateProbe;
  readonly hosts: HostFleet;
  readonly volumes: Pick<VolumeStore, 'ensure' | 'deleteSlice'>;
  readonly catalog: CapacityCatalog;
}

type PortsWithClock = EffectPorts & { readonly clock: Clock };

/**
 * How often the state of a volume that is being created is read again within one effect. Each call takes about half a
 * second and a new access point one or two seconds, so most volumes are ready before the limit. After it the effect fails
 * and is retried with the backoff, as for other failures.
 */
const ENSURE_AGAIN_MAX = 3;
/** It is not read again later than this after the first call, so that slow calls do not exceed the time of the function. */
const ENSURE_AGAIN_WITHIN_MS = 5000;

/** The effects that call a port and have a result. `delete_record` ends the record and has none. */
export type PortEffect = Exclude<Effect, { type: 'delete_record' }>;

/**
 * Executes one effect and returns its result. A PortError is a result too (`effect_failed`); any other error is thrown,
 * because no port may throw it.
 */
export async function executeEffect(
  ports: PortsWithClock,
  workbench: Workbench,
  effect: PortEffect,
): Promise<EffectResult> {
  try {
    return await callPort(ports, workbench, effect);
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    return { type: 'effect_failed', effect: effect.type, kind: error.kind };
  }
}

async function callPort(
  ports: PortsWithClock,
  workbench: Workbench,
  effect: PortEffect,
): Promise<EffectResult> {
  const { tasks, hosts, volumes } = ports;
  switch (effect.type) {
    case 'ensure_volume': {
      const outcome = await ensureVolume(ports, workbench);
      if (outcome.kind === 'ready') return { type: 'volume_ready', mount: outcome.mount };
      if (outcome.kind === 'tombstoned') return { type: 'volume_tombstoned' };
      return { type: 'volume_refused', ...toRefusal(outcome) };
    }
    case 'delete_volume': {
      const { done } = await volumes.deleteSlice(workbench.workbenchId);
      return { type: done ? 'volume_deleted' : 'volume_deletion_unfinished' };
    }
    case 'place_run':
      return placeRun(ports.catalog, workbench, effect);
    case 'run_task': {
      const outcome = await tasks.run(effect.input, effect.token);
      if (outcome.kind === 'accepted') return { type: 'task_observed', task: outcome.task };
      const { runId, attempt } = effect.input;
      return { type: 'run_refused', runId, attempt, ...toRefusal(outcome) };
    }
    case 'find_tasks': {
      const { runId, attempt } = effect;
      return { type: 'tasks_found', runId, attempt, tasks: await tasks.listOf(workbench.workbenchId) };
    }
    case 'stop_task':
      await tasks.stop(effect.taskId, effect.reason);
      return { type: 'task_stop_requested', taskId: effect.taskId };
    case 'terminate_instance':
      await tasks.terminateInstance(effect.taskId, effect.forced);
      return { type: 'instance_termination_requested', taskId: effect.taskId };
    case 'describe_task': {
      const [task] = await tasks.describe([effect.taskId]);
      if (task === undefined || isMissing(task)) return { type: 'task_missing', taskId: effect.taskId };
      return { type: 'task_observed', task };
    }
    case 'probe_gate': {
      const { taskId } = effect;
      const askedAt = ports.clock.now();
      const probe = await ports.gate.probe({ workbenchId: workbench.workbenchId, taskId });
      return { type: 'gate_probed', taskId, probe, askedAt };
    }
    case 'read_evidence': {
      const readAt = ports.clock.now();
      const evidence = await ports.activity.readEvidence(workbench.workbenchId, effect.runId);
      return { type: 'evidence_read', runId: effect.runId, evidence, readAt };
    }
    case 'launch_host': {
      const { userId, workbenchId } = workbench;
      const { generation, instanceType, token } = effect;
      const request = { userId, workbenchId, instanceType, generation };
      const launched = await hosts.launch(request, token);
      return toHostResult(generation, launched, await findHostRates(ports.catalog, instanceType));
    }
    case 'start_host': {
      const started = await hosts.start(effect.instanceId);
      const { instanceType } = workbench.host ?? {};
      return toHostResult(effect.generation, started, await findHostRates(ports.catalog, instanceType));
    }
    case 'stop_host':
      await hosts.stop(effect.instanceId);
      return { type: 'host_stop_requested', instanceId: effect.instanceId };
    case 'terminate_host':
      await hosts.terminate(effect.instanceId);
      return { type: 'host_termination_requested', instanceId: effect.instanceId };
    case 'describe_host': {
      const [host] = await hosts.describe([effect.instanceId]);
      const terminated = {
        instanceId: effect.instanceId,
        state: 'terminated',
        agentConnected: false,
      } as const;
      return { type: 'host_observed', host: host ?? terminated };
    }
  }
}

/**
 * Creates the volume. The first start of a workbench prepares its task while the volume is being created, so that it does
 * not wait for one after the other. No task starts before the volume is ready: only then the record gets the mount.
 */
async function ensureVolume(
  { tasks, volumes, clock }: PortsWithClock,
  { workbenchId, spec }: Workbench,
): Promise<Exclude<VolumeOutcome, { readonly kind: 'creating' }>> {
  const again = clock.now() + ENSURE_AGAIN_WITHIN_MS;
  const first = await volumes.ensure(workbenchId);
  if (first.kind !== 'creating') return first;
  // With a host, the memory of the task depends on the host, and so does its definition.
  if (spec.dedicatedInstanceType === undefined) {
    await tasks.prepare({ workbenchId, mount: { ...first.mount }, memoryMib: spec.memoryMib });
  }
  for (let calls = 0; calls < ENSURE_AGAIN_MAX && clock.now() < again; calls += 1) {
    const outcome = await volumes.ensure(workbenchId);
    if (outcome.kind !== 'creating') return outcome;
  }
  throw new PortError('unavailable', 'the volume is still being created');
}

async function placeRun(
  catalog: CapacityCatalog,
  workbench: Workbench,
  { runId, attempt }: Extract<Effect, { type: 'place_run' }>,
): Promise<EffectResult> {
  const instanceId = workbench.host?.instanceId;
  if (instanceId !== undefined) {
    return { type: 'run_placed', runId, attempt, placement: { kind: 'host', instanceId } };
  }
  const { spec } = workbench;
  const providers = await catalog.providers();
  const placement = choosePlacement(
    spec,
    providers,
    await catalog.instanceTypes(),
    await catalog.freeCapacity(),
  );
  if (placement.kind === 'fits') {
    const { provider } = placement;
    catalog.reserve(provider, spec);
    const chosen = providers.find(({ name }) => name === provider);
    const rate = chosen === undefined ? {} : { rate: shareRateOf(spec, chosen) };
    return { type: 'run_placed', runId, attempt, placement: { kind: 'provider', provider }, ...rate };
  }
  const message =
    placement.kind === 'cannot_fit' ? placement.message : 'The dedicated instance has not been launched yet.';
  return { type: 'run_refused', runId, attempt, reason: { code: 'cannot_fit', message }, retryable: false };
}

async function findHostRates(
  catalog: CapacityCatalog,
  instanceType: string | undefined,
): Promise<HourlyRates | undefined> {
  const type = (await catalog.instanceTypes()).find(({ name }) => name === instanceType);
  return type === undefined ? undefined : hostRatesOf(type);
}

function toHostResult(
  generation: number,
  outcome: HostOutcome,
  rates: HourlyRates | undefined,
): EffectResult {
  if (outcome.kind === 'accepted')
    return {
      type: 'host_accepted',
      generation,
      host: outcome.host,
      ...(rates === undefined ? {} : { rates }),
    };
  return { type: 'host_refused', generation, ...toRefusal(outcome) };
}

function toRefusal(outcome: {
  code: Extract<HostOutcome, { kind: 'refused' }>['code'];
  message: string;
  retryable: boolean;
}) {
  const { code, message, retryable } = outcome;
  return { reason: { code, message: truncateUtf8(message, REASON_MESSAGE_MAX) }, retryable };
}
