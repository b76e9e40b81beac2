import { randomBytes } from 'node:crypto';
import { chown, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import {
  ContainerTaskRunner,
  type ContainerTaskRunnerOptions,
} from '#adapters/local/containers/container-task-runner.ts';
import { containerUserFor } from '#adapters/local/containers/container-user.ts';
import { Engine } from '#adapters/local/containers/engine.ts';
import { findSocket } from '#adapters/local/containers/engine-socket.ts';
import { readInstallationId } from '#adapters/local/installation-id.ts';
import { isMissing, type TaskInput, type TaskObservation, type TaskRunner } from '#core/ports/task-runner.ts';
import { EXAMPLE_IMAGE } from '#local/settings.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';

/** A boot command that answers HTTP and ends at SIGTERM. */
export const HTTP_SERVER_SCRIPT = nodeCommand(
  `process.on('SIGTERM', () => process.exit(0)); require('http').createServer((request, response) => response.end('here')).listen(process.env.PORT)`,
);

/** A boot command that runs this as a program of Node.js. */
export function nodeCommand(script: string): string {
  return `exec node -e "${script.replaceAll(/["$`\\]/g, '\\$&')}"`;
}

const SOCKET = findSocket({
  socket: process.env.WB_DOCKER_SOCKET || undefined,
  dockerHost: process.env.DOCKER_HOST || undefined,
  home: process.env.HOME,
  runtimeDir: process.env.XDG_RUNTIME_DIR,
});

/** The engine as something else than the product sees it. */
export const docker = new Docker({ socketPath: SOCKET });

export class ContainerBench {
  readonly dataDir: string;
  readonly observed: TaskObservation[] = [];
  readonly engine = new Engine(SOCKET);
  /** Its runs are no other's. */
  readonly run: string;
  #tasks: ContainerTaskRunner | undefined;
  #runs = 0;

  private constructor(dataDir: string, run: string) {
    this.dataDir = dataDir;
    this.run = run;
  }

  /** On a data folder that is there. */
  static at(dataDir: string, run: string): ContainerBench {
    return new ContainerBench(dataDir, run);
  }

  /** On an engine that has the example image. */
  static async make(): Promise<ContainerBench> {
    const dataDir = await realpath(await mkdtemp(join(tmpdir(), 'wb-containers-')));
    const bench = new ContainerBench(dataDir, randomBytes(6).toString('hex'));
    if (!(await bench.engine.hasImage(EXAMPLE_IMAGE))) {
      throw new Error(`The engine at ${SOCKET} does not have ${EXAMPLE_IMAGE}: npm run image:build`);
    }
    return bench;
  }

  async options(change: Partial<ContainerTaskRunnerOptions> = {}): Promise<ContainerTaskRunnerOptions> {
    return {
      dataDir: this.dataDir,
      engine: this.engine,
      engineInfo: await this.engine.readInfo(),
      image: EXAMPLE_IMAGE,
      bootCommand: HTTP_SERVER_SCRIPT,
      port: 8080,
      baseUrl: (workbenchId) => `http://127.0.0.1:9000/project/${workbenchId}/`,
      graceMs: 5000,
      onChange: (observation) => this.observed.push(observation),
      ...change,
    };
  }

  async open(change: Partial<ContainerTaskRunnerOptions> = {}): Promise<ContainerTaskRunner> {
    this.#tasks = await ContainerTaskRunner.open(await this.options(change));
    this.#tasks.resume();
    return this.#tasks;
  }

  /** An input with a folder and a run of its own. */
  async input(change: Partial<TaskInput> = {}): Promise<TaskInput> {
    this.#runs += 1;
    const workbenchId = change.workbenchId ?? `wb${this.#runs}`;
    const path = join(this.dataDir, 'volumes', workbenchId);
    await mkdir(path, { recursive: true });
    return {
      userId: 'alice',
      workbenchId,
      runId: `${this.run}-${this.#runs}`,
      attempt: 1,
      name: 'mine',
      cpuUnits: 512,
      memoryMib: 256,
      gpuCount: 0,
      placement: { kind: 'provider', provider: 'local' },
      mount: { path },
      ...change,
    };
  }

  /** Every container of this data folder, running or not. */
  async containers(): Promise<readonly Docker.ContainerInfo[]> {
    const label = `workbench.installation=${await readInstallationId(this.dataDir)}`;
    return docker.listContainers({ all: true, filters: { label: [label] } });
  }

  async container(): Promise<Docker.ContainerInspectInfo> {
    const [only, ...more] = await this.containers();
    if (only === undefined || more.length > 0) throw new Error(`${more.length + (only ? 1 : 0)} containers`);
    return docker.getContainer(only.Id).inspect();
  }

  /** The engine by way of a socket that can be cut. */
  async relay(): Promise<Relay> {
    return await openRelay(SOCKET, join(this.dataDir, 'relay.sock'));
  }

  async end(): Promise<void> {
    await this.#tasks?.close();
    for (const { Id } of await this.containers()) await docker.getContainer(Id).remove({ force: true });
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

export interface Relay {
  readonly engine: Engine;
  /** Ends every connection, and takes no more. */
  cut(): void;
  /** Takes connections again. */
  reopen(): Promise<void>;
  end(): Promise<void>;
}

async function openRelay(to: string, at: string): Promise<Relay> {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(to);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  const listen = () => new Promise<void>((resolve) => server.listen(at, resolve));
  const cut = () => {
    server.close();
    for (const socket of open) socket.destroy();
  };
  await listen();
  return { engine: new Engine(at), cut, reopen: listen, end: async () => cut() };
}

export async function startTask(tasks: TaskRunner, input: TaskInput, token: string): Promise<string> {
  const outcome = await tasks.run(input, token);
  if (outcome.kind !== 'accepted') throw new Error(outcome.message);
  return outcome.task.taskId;
}

export async function describeTask(tasks: TaskRunner, taskId: string): Promise<TaskObservation> {
  const [answer] = await tasks.describe([taskId]);
  if (answer === undefined || isMissing(answer)) throw new Error(`${taskId} is missing`);
  return answer;
}

export function waitForStatus(
  tasks: TaskRunner,
  taskId: string,
  status: TaskObservation['status'],
): Promise<TaskObservation> {
  return eventually(waitRealStep, `${taskId} ${status}`, async () => {
    const task = await describeTask(tasks, taskId);
    if (task.status === 'stopped' && status !== 'stopped') throw new Error(`stopped: ${task.stop?.message}`);
    return task.status === status && task;
  });
}

/** Gives a folder to the user of workbenches, as their start does; answers the user, for a container. */
export async function giveToWorkbenchUser(folder: string): Promise<string> {
  const facts = await new Engine(SOCKET).readInfo();
  const { platform } = process;
  const { user, owner } = containerUserFor(facts, {
    platform,
    uid: process.getuid?.(),
    gid: process.getgid?.(),
  });
  if (owner !== undefined) await chown(folder, owner.uid, owner.gid);
  return user;
}

/** Runs a container until it ends, and removes it; it must end with 0. */
export async function runToCompletion(options: Docker.ContainerCreateOptions): Promise<void> {
  const container = await docker.createContainer(options);
  try {
    await container.start();
    const { StatusCode } = await container.wait();
    if (StatusCode !== 0) throw new Error(`it ended with ${StatusCode}`);
  } finally {
    await container.remove({ force: true });
  }
}
