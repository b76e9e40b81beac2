import { DirectoryVolumes } from '#adapters/local/directories/directory-volumes.ts';
import { SimulatedHosts } from '#adapters/local/hosts/simulated-hosts.ts';
import { machineCatalog } from '#adapters/local/machine-catalog.ts';
import { settlesWithin, systemTimers } from '#adapters/local/timers.ts';
import type { Settings } from '#contract/settings/function-settings.ts';
import { policyOf } from '#contract/settings/policy.ts';
import type { CapacityCatalog } from '#core/ports/capacity-catalog.ts';
import type { HostObservation } from '#core/ports/host-fleet.ts';
import type { TaskRunner } from '#core/ports/task-runner.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { observeHost } from '#core/workbench/observe.ts';
import { build as buildTaskStateChange } from '#functions/events/task-state-change.ts';
import { LocalEventBus } from './event-bus.ts';
import type { LocalPorts } from './handlers.ts';
import type { Runtime } from './runtime.ts';
import type { LocalSettings } from './settings.ts';
import { type Shutdown, WORK_DRAIN_TIMEOUT_MS } from './shutdown.ts';
import { toTaskStateChangeEvent } from './task-event.ts';

/** This machine, where workbenches run. */
export interface LocalInfrastructure {
  readonly tasks: TaskRunner;
  readonly hosts: SimulatedHosts;
  readonly volumes: DirectoryVolumes;
  readonly catalog: CapacityCatalog;
  /**
   * Says who is told what happens to tasks and hosts, what has happened since the opening too, and goes on with
   * the tasks that have outlived an earlier server.
   */
  connect(ports: LocalPorts, settings: Settings): void;
}

/**
 * Opens what runs workbenches, and ends what an earlier server has left behind. Closing it ends every
 * workbench, and what is told of that is still delivered.
 * @param baseUrl where workbenches are served; asked when one is started
 */
export async function openInfrastructure(
  settings: Pick<LocalSettings, 'dataDir' | 'dedicatedTypes' | 'maxRunning' | 'stopGraceMs'>,
  runtime: Runtime,
  telemetry: Telemetry,
  closing: Shutdown,
  baseUrl: () => string,
): Promise<LocalInfrastructure> {
  const { dataDir, dedicatedTypes: instanceTypes } = settings;
  const timers = systemTimers;
  const taskEvents = new LocalEventBus({ timers, telemetry });
  const hostEvents = new LocalEventBus({ timers, telemetry });
  closing.add(() =>
    settlesWithin(timers, WORK_DRAIN_TIMEOUT_MS, Promise.all([taskEvents.idle(), hostEvents.idle()])),
  );
  const hosts = await SimulatedHosts.open({
    dataDir,
    instanceTypes,
    telemetry,
    onChange: (host) => hostEvents.publish(host.instanceId, host),
  });
  closing.add(() => hosts.close());
  const tasks = await runtime.open({
    dataDir,
    telemetry,
    max: settings.maxRunning,
    graceMs: settings.stopGraceMs,
    baseUrl: (workbenchId) => `${baseUrl()}/project/${workbenchId}/`,
    onChange: (task) => taskEvents.publish(task.taskId, toTaskStateChangeEvent(task)),
  });
  closing.add(() => tasks.close());
  return {
    tasks,
    hosts,
    volumes: new DirectoryVolumes({ dataDir, clock: timers }),
    catalog: machineCatalog({ instanceTypes, gpuCount: runtime.gpuCount }),
    connect(ports, functionSettings) {
      taskEvents.connect(buildTaskStateChange(ports, functionSettings));
      hostEvents.connect((host) => applyHostChange(ports, functionSettings, host as HostObservation));
      tasks.resume?.();
    },
  };
}

/** The machines of local mode send no events of AWS: what they say is a hint, taken in as such. */
async function applyHostChange(ports: LocalPorts, settings: Settings, host: HostObservation): Promise<void> {
  const key = await ports.workbenches.findByInstanceId(host.instanceId);
  if (key !== undefined) await observeHost(ports, policyOf(settings), key, host);
}
