import { join } from 'node:path';
import {
  DirectoryVolumes,
  type DirectoryVolumesOptions,
} from '#adapters/local/directories/directory-volumes.ts';
import { VolumeLimitFailed } from '#adapters/local/directories/volume-limits.ts';
import { SimulatedHosts } from '#adapters/local/hosts/simulated-hosts.ts';
import { localCatalog } from '#adapters/local/local-catalog.ts';
import { LocalMachine } from '#adapters/local/local-machine.ts';
import { LocalRunLogReader } from '#adapters/local/tasks/run-log-reader.ts';
import { settlesWithin, systemTimers } from '#adapters/local/timers.ts';
import type { Settings } from '#contract/settings/function-settings.ts';
import { policyOf } from '#contract/settings/policy.ts';
import type { CapacityCatalog } from '#core/ports/capacity-catalog.ts';
import type { HostObservation } from '#core/ports/host-fleet.ts';
import type { RunOutcome, TaskInput, TaskObservation, TaskRunner } from '#core/ports/task-runner.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { appendToHistory, observeHost, observeTask } from '#core/workbench/observe.ts';
import { LocalEventBus } from './event-bus.ts';
import type { LocalPorts } from './handlers.ts';
import type { Runtime, RuntimeOptions } from './runtime-port.ts';
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
 */
export async function openInfrastructure(
  settings: Pick<LocalSettings, 'dataDir' | 'dedicatedTypes' | 'maxRunning' | 'stopGraceMs'> &
    Pick<DirectoryVolumesOptions, 'limits'>,
  runtime: Runtime,
  telemetry: Telemetry,
  shutdown: Shutdown,
  { baseUrl, activity }: Pick<RuntimeOptions, 'baseUrl' | 'activity'>,
): Promise<LocalInfrastructure> {
  const { dataDir, dedicatedTypes: instanceTypes, limits } = settings;
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
    activity,
    onChange: (task) => taskEvents.publish(task.taskId, task),
  });
  shutdown.add(() => tasks.close());
  const volumes = new DirectoryVolumes({ dataDir, clock: timers, limits });
  await volumes.prepare();
  const catalog = localCatalog({ instanceTypes, gpuCount: runtime.gpuCount });
  const machines = new LocalMachine({
    provider: async () => (await catalog.providers())[0],
    tasks,
    maxRunning: settings.maxRunning,
    clock: timers,
  });
  return {
    tasks: beforeRuns(
      async ({ workbenchId }) => (machines.draining ? DRAINING : await refuseUnlimited(volumes, workbenchId)),
      tasks,
    ),
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

/** @param refuse called before each run; returns why the run must not start */
function beforeRuns(
  refuse: (input: TaskInput) => Promise<RunOutcome | undefined>,
  tasks: TaskRunner,
): TaskRunner {
  return new Proxy(tasks, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name === 'run')
        return async (input: TaskInput, token: string) =>
          (await refuse(input)) ?? (await target.run(input, token));
      return value.bind(target);
    },
  });
}

/** Runs that were requested before the computer was drained wait, as for capacity. */
const DRAINING: RunOutcome = {
  kind: 'refused',
  code: 'no_capacity',
  message: 'An operator empties this computer, so that no workbench starts.',
  retryable: true,
};

async function refuseUnlimited(
  volumes: DirectoryVolumes,
  workbenchId: string,
): Promise<RunOutcome | undefined> {
  try {
    await volumes.applyLimit(workbenchId);
    return undefined;
  } catch (error) {
    if (!(error instanceof VolumeLimitFailed)) throw error;
    const message = 'The size of the folder for its files cannot be limited.';
    return { kind: 'refused', code: 'storage_failed', message, retryable: true };
  }
}
