import type { ContainerCreateOptions, HostConfig } from 'dockerode';
import type { TaskInput } from '#core/ports/task-runner.ts';
import { BOOT_SCRIPT, projectPathOf, sharedMemoryOf } from '../../workbench-container.ts';
import { prefixOf } from '../tasks/endpoint.ts';
import type { ContainerUser } from './container-user.ts';
import type { ContainerState } from './engine.ts';
import type { EngineInfo } from './engine-responses.ts';

/** Settings of all containers of an installation. */
export interface ContainerSettings {
  /** The id of this data folder. */
  readonly installation: string;
  readonly engine: EngineInfo;
  readonly user: ContainerUser;
  /** Replaces the command of the image: a script for `sh -c`, run in the project folder. */
  readonly bootCommand?: string | undefined;
  /** The port in the container on which a workbench serves HTTP. */
  readonly port: number;
  /** Absolute path in the container at which the volume is mounted. */
  readonly mountPath: string;
  /** Whether the program serves its pages below the path of that URL only. */
  readonly keepPrefix: boolean;
  /** The URL of a workbench. */
  readonly baseUrl: (workbenchId: string) => string;
}

export interface ContainerRequest {
  readonly taskId: string;
  readonly image: string;
  /** The port of 127.0.0.1 that is published for the container. */
  readonly hostPort: number;
}

/** Limit of processes and threads in one container: far above the needs of an IDE, far below the limit of Linux. */
const PIDS_MAX = 4096;
/** Bytes of output that the engine keeps, if its log driver supports a limit. */
const OUTPUT_MAX = '8m';
const MIB = 1024 * 1024;
const UNITS_PER_CPU = 1024;

const INSTALLATION_LABEL = 'workbench.installation';
const TASK_LABEL = 'workbench.task';

export function installationLabel(installation: string): string {
  return `${INSTALLATION_LABEL}=${installation}`;
}

/** Derives the name from the task id. Names are unique in an engine, so that a token never gets two containers. */
export function containerName(installation: string, taskId: string): string {
  return `workbench-${installation.slice(0, 8)}-${taskId}`;
}

/** Whether a container belongs to this task. The name proves nothing, because any user of the engine can choose it. */
export function belongsToTask({ labels }: ContainerState, installation: string, taskId: string): boolean {
  return labels[INSTALLATION_LABEL] === installation && labels[TASK_LABEL] === taskId;
}

/** The memory of a run in MiB. A task on a simulated host gets all memory of the engine. */
export function memoryMibOf({ engine }: Pick<ContainerSettings, 'engine'>, input: TaskInput): number {
  return input.placement.kind === 'host' ? Math.floor(engine.memory / MIB) : input.memoryMib;
}

/** Returns the options for the creation of a task's container. */
export function containerSpec(
  settings: ContainerSettings,
  input: TaskInput,
  folder: string,
  { taskId, image, hostPort }: ContainerRequest,
): ContainerCreateOptions & { readonly name: string } {
  const { installation, port, bootCommand, user } = settings;
  const hasBootCommand = bootCommand !== undefined && bootCommand.trim() !== '';
  return {
    name: containerName(installation, taskId),
    Image: image,
    User: user.user,
    Hostname: input.workbenchId.slice(0, 63),
    Env: Object.entries(environmentOf(settings, input)).map(([name, value]) => `${name}=${value}`),
    Labels: {
      [INSTALLATION_LABEL]: installation,
      [TASK_LABEL]: taskId,
      'workbench.id': input.workbenchId,
      'workbench.run': input.runId,
      'workbench.attempt': String(input.attempt),
    },
    ...(hasBootCommand ? { Entrypoint: ['/bin/sh', '-c'], Cmd: [BOOT_SCRIPT] } : {}),
    ExposedPorts: { [`${port}/tcp`]: {} },
    // The runner probes the port itself. Health checks of podman need systemd.
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      ...limitsOf(settings, input),
      ...mountOf(settings, folder),
      PortBindings: { [`${port}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: String(hostPort) }] },
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Privileged: false,
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': OUTPUT_MAX, 'max-file': '1' } },
      // The kernel does not end process 1 on SIGTERM unless it handles the signal. An init passes the signal on.
      Init: true,
      ...(user.userNamespace === undefined ? {} : { UsernsMode: user.userNamespace }),
    },
  };
}

function environmentOf(settings: ContainerSettings, input: TaskInput): Record<string, string> {
  const { bootCommand = '' } = settings;
  return {
    WORKSPACE_PATH: projectPathOf(settings.mountPath),
    PORT: String(settings.port),
    WORKBENCH_ID: input.workbenchId,
    // Environment variables cannot contain NUL.
    WORKBENCH_NAME: input.name.replaceAll('\0', ''),
    BASE_URL: settings.baseUrl(input.workbenchId),
    WB_PREFIX: prefixOf(settings.baseUrl(input.workbenchId)),
    WB_RUN_ID: input.runId,
    ...(bootCommand.trim() === '' ? {} : { WB_BOOT_COMMAND: bootCommand }),
  };
}

function limitsOf(settings: ContainerSettings, input: TaskInput): HostConfig {
  const { engine } = settings;
  const memory = memoryMibOf(settings, input) * MIB;
  const cpus =
    input.placement.kind === 'host' ? engine.cpus : Math.min(input.cpuUnits / UNITS_PER_CPU, engine.cpus);
  return {
    Memory: memory,
    // The same value, so that there is no additional swap.
    MemorySwap: memory,
    ShmSize: sharedMemoryOf(memory),
    NanoCpus: Math.round(cpus * 1e9),
    PidsLimit: PIDS_MAX,
    ...(input.gpuCount === 0
      ? {}
      : { DeviceRequests: [{ Driver: '', Count: input.gpuCount, Capabilities: [['gpu']] }] }),
  };
}

function mountOf({ engine, mountPath }: ContainerSettings, folder: string): HostConfig {
  // Only this form can request the SELinux label that the container needs to use the folder.
  if (engine.needsSelinuxLabels) return { Binds: [`${folder}:${mountPath}:rw,Z`] };
  return { Mounts: [{ Type: 'bind', Source: folder, Target: mountPath, ReadOnly: false }] };
}
