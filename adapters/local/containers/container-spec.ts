import type { ContainerCreateOptions, HostConfig } from 'dockerode';
import type { TaskInput } from '#core/ports/task-runner.ts';
import { BOOT_SCRIPT } from '../../boot-script.ts';
import type { ContainerUser } from './container-user.ts';
import type { ContainerState } from './engine.ts';
import type { EngineInfo } from './engine-info.ts';

/** What all containers of an installation have in common. */
export interface ContainerSettings {
  /** The mark of this data folder. */
  readonly installation: string;
  readonly engine: EngineInfo;
  readonly user: ContainerUser;
  /** What a workbench boots with instead of the image's own command: for `sh -c`, in the project folder. */
  readonly bootCommand?: string | undefined;
  /** The port on which the workbench's container answers HTTP. */
  readonly port: number;
  /** Where people reach a workbench. */
  readonly baseUrl: (workbenchId: string) => string;
}

export interface ContainerRequest {
  readonly taskId: string;
  readonly image: string;
  /** The port of 127.0.0.1 under which it is reached. */
  readonly hostPort: number;
}

/** Where the volume is mounted, and the folder in it in which people work: as on AWS. */
export const MOUNT_PATH = '/workspace';
export const PROJECT_PATH = `${MOUNT_PATH}/project`;

/** Processes and threads in one container: far more than an IDE needs, far fewer than a machine has. */
const PIDS_MAX = 4096;
/** Bytes of output that the engine keeps, where it can be told. */
const OUTPUT_MAX = '8m';
const MIB = 1024 * 1024;
const UNITS_PER_CPU = 1024;

const INSTALLATION_LABEL = 'workbench.installation';
const TASK_LABEL = 'workbench.task';

export function installationLabel(installation: string): string {
  return `${INSTALLATION_LABEL}=${installation}`;
}

/** One task, one name: the engine itself makes sure that a token never has two containers. */
export function containerName(installation: string, taskId: string): string {
  return `workbench-${installation.slice(0, 8)}-${taskId}`;
}

/** Whether a container is the one of this task; a name alone can be anybody's. */
export function belongsToTask(seen: ContainerState, installation: string, taskId: string): boolean {
  return seen.labels[INSTALLATION_LABEL] === installation && seen.labels[TASK_LABEL] === taskId;
}

/** Memory that a run may use, in MiB. A dedicated machine is played by all of this one. */
export function memoryMibOf({ engine }: Pick<ContainerSettings, 'engine'>, input: TaskInput): number {
  return input.placement.kind === 'host' ? Math.floor(engine.memory / MIB) : input.memoryMib;
}

/** What the engine is asked to make. */
export function containerSpec(
  settings: ContainerSettings,
  input: TaskInput,
  folder: string,
  { taskId, image, hostPort }: ContainerRequest,
): ContainerCreateOptions & { readonly name: string } {
  const { installation, port, bootCommand, user } = settings;
  const booted = bootCommand !== undefined && bootCommand.trim() !== '';
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
    ...(booted ? { Entrypoint: ['/bin/sh', '-c'], Cmd: [BOOT_SCRIPT] } : {}),
    ExposedPorts: { [`${port}/tcp`]: {} },
    // That it answers is asked from outside; podman's own checks need systemd.
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
      // It passes SIGTERM on to a first process that, being the first, would not be ended by it.
      Init: true,
      ...(user.userNamespace === undefined ? {} : { UsernsMode: user.userNamespace }),
    },
  };
}

function environmentOf(settings: ContainerSettings, input: TaskInput): Record<string, string> {
  const { bootCommand = '' } = settings;
  return {
    WORKSPACE_PATH: PROJECT_PATH,
    PORT: String(settings.port),
    WORKBENCH_ID: input.workbenchId,
    // A name may hold anything but what the system cannot carry in a variable.
    WORKBENCH_NAME: input.name.replaceAll('\0', ''),
    BASE_URL: settings.baseUrl(input.workbenchId),
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
    // The same: no swap beside it.
    MemorySwap: memory,
    NanoCpus: Math.round(cpus * 1e9),
    PidsLimit: PIDS_MAX,
    ...(input.gpuCount === 0
      ? {}
      : { DeviceRequests: [{ Driver: '', Count: input.gpuCount, Capabilities: [['gpu']] }] }),
  };
}

function mountOf({ engine }: ContainerSettings, folder: string): HostConfig {
  // Only this form can ask for the label without which SELinux keeps the container out of the folder.
  if (engine.needsSelinuxLabels) return { Binds: [`${folder}:${MOUNT_PATH}:rw,Z`] };
  return { Mounts: [{ Type: 'bind', Source: folder, Target: MOUNT_PATH, ReadOnly: false }] };
}
