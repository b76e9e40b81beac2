import { join } from 'node:path';
import { DirectoryVolumes } from '#adapters/local/directories/directory-volumes.ts';
import { SimulatedHosts } from '#adapters/local/hosts/simulated-hosts.ts';
import { localCatalog } from '#adapters/local/local-catalog.ts';
import { LocalMachine } from '#adapters/local/local-machine.ts';
import { LocalRunLogReader } from '#adapters/local/tasks/run-log-reader.ts';
import { settlesWithin, systemTimers } from '#adapters/local/timers.ts';
import type { Settings } from '#contract/settings/function-settings.ts';
import { policyOf } from '#contract/settings/policy.ts';
import type { CapacityCatalog } from '#core/ports/capacity-catalog.ts';
import type { HostObservation } from '#core/ports/host-fleet.ts';
import type { RunOutcome, TaskObservation, TaskRunner } from '#core/ports/task-runner.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { appendToHistory, observeHost, observeTask } from '#core/workbench/observe.ts';
import { LocalEventBus } from './event-bus.ts';
import type { LocalPorts } from './handlers.ts';
import type { Runtime } from './runtime.ts';
import type { LocalSettings } from './settings.ts';
import { type Shutdown, WORK_DRAIN_TIMEOUT_MS } from './shutdown.ts';

/** What local mode has in place of ECS, EC2 and EFS. */
export interface LocalInfrastructure {
  readonly tasks: TaskRunner;
  readonly hosts: SimulatedHosts;
  readonly volumes: DirectoryVolumes;
  readonly machines: LocalMachine;
  readonly catalog: CapacityCatalog;
  readonly logs: LocalRunLogReader;
  /**
   * Applies the changes of tasks and hosts to their records from now on, including the changes since the
   * infrastructure was opened. Resumes the tasks that outlived an earlier server.
   */
  connect(ports: LocalPorts, settings: Settings): void;
}

/**
 * Opens the runtime and the simulated hosts, which recover the tasks and hosts of an earlier server. Shutdown ends
 * all workbenches and then delivers the last observations.
 * @param baseUrl returns the URL of a workbench, with a slash at its end; called when a workbench starts
 */
export async function openInfrastructure(
  settings: Pick<LocalSettings, 'dataDir' | 'dedicatedTypes' | 'maxRunning' | 'stopGraceMs'>,
  runtime: Runtime,
  telemetry: Telemetry,
  shutdown: Shutdown,
  baseUrl: (workbenchId: string) => string,
): Promise<LocalInfrastructure> {
  const { dataDir, dedicatedTypes: instanceTypes } = settings;
  const timers = systemTimers;
  const taskEvents = new LocalEventBus<TaskObservation>({ timers, telemetry });
  const hostEvents = new LocalEventBus<HostObservation>({ timers, telemetry });
  shutdown.add(() =>
    settlesWithin(timers, WORK_DRAIN_TIMEOUT_MS, Promise.all([taskEvents.idle(), hostEvents.idle()])),
  );
  const hosts = await SimulatedHosts.open({
    dataDir,
    instanceTypes,
    telemetry,
    onChange: (host) => hostEvents.publish(host.instanceId, host),
  });
  shutdown.add(() => hosts.close());
  const tasks = await runtime.open({
    dataDir,
    telemetry,
    max: settings.maxRunning,
    graceMs: settings.stopGraceMs,
    baseUrl,
    onChange: (task) => taskEvents.publish(task.taskId, task),
  });
  shutdown.add(() => tasks.close());
  const volumes = new DirectoryVolumes({ dataDir, clock: timers });
  await volumes.prepare();
  const catalog = localCatalog({ instanceTypes, gpuCount: runtime.gpuCount });
  const machines = new LocalMachine({
    provider: async () => (await catalog.providers())[0],
    tasks,
    maxRunning: settings.maxRunning,
    clock: timers,
  });
  return {
    tasks: refuseRunsWhile(() => machines.draining, tasks),
    hosts,
    volumes,
    machines,
    catalog,
    logs: new LocalRunLogReader(join(dataDir, 'logs')),
    connect(ports, functionSettings) {
      const policy = policyOf(functionSettings);
      taskEvents.connect(async (task) => {
        const { userId, workbenchId } = task;
        const workbench = await observeTask(ports, policy, { userId, workbenchId }, task);
        if (workbench === undefined || task.status !== 'stopped' || task.mayLeaveProcesses !== true) return;
        await appendToHistory(ports, policy, workbench, 'processes_may_remain');
      });
      hostEvents.connect(async (host) => {
        const key = await ports.workbenches.findByInstanceId(host.instanceId);
        if (key !== undefined) await observeHost(ports, policy, key, host);
      });
      tasks.resume();
    },
  };
}

/** Refuses runs that were requested before the computer was drained. They wait, as for capacity. */
function refuseRunsWhile(isDraining: () => boolean, tasks: TaskRunner): TaskRunner {
  return new Proxy(tasks, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name === 'run' && isDraining()) {
        return async (): Promise<RunOutcome> => ({
          kind: 'refused',
          code: 'no_capacity',
          message: 'An operator empties this computer, so that no workbench starts.',
          retryable: true,
        });
      }
      return value.bind(target);
    },
  });
}
