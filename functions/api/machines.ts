import type { DrainItem, MachineItem, ProviderItem } from '#contract/machine-bodies.ts';
import { drainBodySchema } from '#contract/request-bodies.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { type PolicySettings, policyOf } from '#contract/settings/policy.ts';
import { actorOf } from '#core/access/principal.ts';
import { cancelDrain, type DrainPorts, drainMachine } from '#core/machines/drain-machine.ts';
import { listMachines, type Machine, type MachinePorts } from '#core/machines/list-machines.ts';
import { listProviders, type ProviderOffer } from '#core/machines/list-providers.ts';
import type { CapacityCatalog } from '#core/ports/capacity-catalog.ts';
import type { Clock } from '#core/ports/clock.ts';
import type { MachineDrain } from '#core/ports/drain-store.ts';
import type { MachineCapacity } from '#core/ports/machine-inventory.ts';
import { type ApiPorts, type ApiSettings, toAdminApiHandler } from '../middleware/api-handler.ts';
import type { ApiHandler } from '../middleware/gateway.ts';
import { jsonBodyOf } from '../middleware/json-body.ts';
import { parseMachineId, parseValues } from '../middleware/parse-request.ts';
import { toIsoTime } from './present-workbench.ts';

/** How long a process uses a snapshot of the machines, so that a page that polls does not use up the throttles of ECS. Milliseconds. */
export const MACHINES_CACHE_MS = 15_000;

/** GET /machines */
export function buildListMachines(ports: ApiPorts & MachinePorts, settings: ApiSettings): ApiHandler {
  const readSnapshot = reuseResult(ports.clock, MACHINES_CACHE_MS, () => listMachines(ports));
  return toAdminApiHandler(ports, settings, async () => {
    const { machines, complete, readAt } = await readSnapshot();
    const items = machines.map(presentMachine);
    return { status: 200, body: { success: true, items, complete, read_at: toIsoTime(readAt) } };
  });
}

function presentMachine(machine: Machine): MachineItem {
  const { machineId, provider, instanceType, state, agent, registeredAt, capacity, free, drain } = machine;
  return {
    machine_id: machineId,
    ...(provider === undefined ? {} : { provider }),
    ...(instanceType === undefined ? {} : { instance_type: instanceType }),
    state,
    ...(agent === undefined
      ? {}
      : {
          agent: {
            connected: agent.connected,
            ...(agent.version === undefined ? {} : { version: agent.version }),
            outdated: agent.outdated,
          },
        }),
    ...(drain === undefined ? {} : { draining: presentDrain(drain) }),
    ...(registeredAt === undefined ? {} : { registered_at: toIsoTime(registeredAt) }),
    ...(capacity === undefined ? {} : { capacity: presentCapacity(capacity) }),
    ...(free === undefined ? {} : { free: presentCapacity(free) }),
    workbenches: machine.workbenches.map(({ workbenchId, userId, name, status }) => ({
      workbench_id: workbenchId,
      user_id: userId,
      workbench_name: name,
      status,
    })),
  };
}

/** CPU, memory, GPUs and network interfaces, as the API names them. */
function presentCapacity({ cpuUnits, memoryMib, gpuCount, interfaces }: MachineCapacity) {
  return {
    cpu: cpuUnits,
    memory: memoryMib,
    gpu: gpuCount,
    ...(interfaces === undefined ? {} : { interfaces }),
  };
}

/** POST /machines/{machine_id}/drain */
export function buildDrainMachine(
  ports: ApiPorts & DrainPorts,
  settings: ApiSettings & PolicySettings,
): ApiHandler {
  const parsers = { machineId: parseMachineId, body: jsonBodyOf(drainBodySchema()) };
  const policy = policyOf(settings);
  return toAdminApiHandler(ports, settings, async ({ event, principal, audit }) => {
    const { machineId, body } = await parseValues(event, parsers);
    audit.note({
      subject: { kind: 'machine', id: machineId },
      ...(body.by === undefined ? {} : { detail: { until: body.by } }),
    });
    const request = {
      ...(body.by === undefined ? {} : { until: Date.parse(body.by) }),
      by: actorOf(principal),
    };
    const drain = await drainMachine(ports, policy, machineId, request);
    ports.telemetry.info('an operator empties a machine', { machineId, by: drain.requestedBy });
    return { status: 200, body: { success: true, item: { machine_id: machineId, ...presentDrain(drain) } } };
  });
}

/** A drain as the API shows it. */
function presentDrain({ since, until, requestedBy }: MachineDrain): DrainItem {
  return {
    since: toIsoTime(since),
    ...(until === undefined ? {} : { until: toIsoTime(until) }),
    requested_by: requestedBy,
  };
}

/** DELETE /machines/{machine_id}/drain */
export function buildCancelDrain(
  ports: ApiPorts & DrainPorts,
  settings: ApiSettings & PolicySettings,
): ApiHandler {
  const policy = policyOf(settings);
  return toAdminApiHandler(ports, settings, async ({ event, principal, audit }) => {
    const { machineId } = await parseValues(event, { machineId: parseMachineId });
    audit.note({ subject: { kind: 'machine', id: machineId } });
    await cancelDrain(ports, policy, machineId);
    ports.telemetry.info('a drain was taken back', { machineId, by: actorOf(principal) });
    return { status: 200, body: { success: true } };
  });
}

/** GET /providers */
export function buildListProviders(
  ports: ApiPorts & { readonly catalog: CapacityCatalog },
  settings: ApiSettings & SettingsFor<'WB_DEFAULT_CPU' | 'WB_DEFAULT_RAM' | 'WB_DEFAULT_GPU'>,
): ApiHandler {
  const defaultSize = {
    cpuUnits: settings.WB_DEFAULT_CPU,
    memoryMib: settings.WB_DEFAULT_RAM,
    gpuCount: settings.WB_DEFAULT_GPU,
  };
  return toAdminApiHandler(ports, settings, async () => {
    const offers = await listProviders(ports.catalog, defaultSize);
    return { status: 200, body: { success: true, items: offers.map(presentOffer) } };
  });
}

function presentOffer({ name, kind, capacity, price, defaultWorkbench, free }: ProviderOffer): ProviderItem {
  return {
    name,
    kind,
    capacity: presentCapacity(capacity),
    ...(price === undefined ? {} : { price_usd_per_hour: price }),
    ...(defaultWorkbench === undefined
      ? {}
      : {
          default_workbench: {
            share: defaultWorkbench.share,
            price_usd_per_hour: defaultWorkbench.price,
          },
        }),
    ...(free === undefined
      ? {}
      : {
          free: {
            ...presentCapacity(free),
            instances: free.instances,
            default_workbenches: free.defaultWorkbenches,
          },
        }),
  };
}

/**
 * Returns a function that reads again only if its last result is older than `ms`. Callers at the same time share one
 * read. A failed read is not reused.
 */
function reuseResult<T>(clock: Clock, ms: number, read: () => Promise<T>): () => Promise<T> {
  let last: { readonly at: number; readonly result: Promise<T> } | undefined;
  return () => {
    const now = clock.now();
    const age = last === undefined ? Number.NaN : now - last.at;
    // A negative age (the clock was set back) is not reused either.
    if (last !== undefined && age >= 0 && age < ms) return last.result;
    const result = read();
    const current = { at: now, result };
    last = current;
    result.catch(() => {
      if (last === current) last = undefined;
    });
    return result;
  };
}
