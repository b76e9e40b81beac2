import { chown } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
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
import { EXAMPLE_IMAGE } from '#local/local-settings.ts';
import { type CommonOptions, makeDataDir, TaskBench } from '../../tasks/task-bench.ts';

/** A boot command that serves HTTP and ends on SIGTERM. */
export const HTTP_SERVER_SCRIPT = nodeCommand(
  `process.on('SIGTERM', () => process.exit(0)); require('http').createServer((request, response) => response.end('here')).listen(process.env.PORT)`,
);

/** Returns a boot command that runs this Node.js script. */
export function nodeCommand(script: string): string {
  return `exec node -e "${script.replaceAll(/["$`\\]/g, '\\$&')}"`;
}

const SOCKET = findSocket({
  socket: process.env.WB_DOCKER_SOCKET || undefined,
  dockerHost: process.env.DOCKER_HOST || undefined,
  home: process.env.HOME,
  runtimeDir: process.env.XDG_RUNTIME_DIR,
});

/** A client of the engine that is independent of the product. */
export const docker = new Docker({ socketPath: SOCKET });

export class ContainerBench extends TaskBench {
  readonly engine = new Engine(SOCKET);
  protected override readonly size = { cpuUnits: 512, memoryMib: 256 };
  #tasks: ContainerTaskRunner | undefined;

  /** A bench on an existing data folder. */
  static at(dataDir: string, run: string): ContainerBench {
    return new ContainerBench(dataDir, run);
  }

  /** @throws Error when the engine does not have the example image */
  static async make(): Promise<ContainerBench> {
    const bench = new ContainerBench(await makeDataDir('wb-containers-'));
    if (!(await bench.engine.hasImage(EXAMPLE_IMAGE))) {
      throw new Error(`The engine at ${SOCKET} does not have ${EXAMPLE_IMAGE}: npm run image:build`);
    }
    return bench;
  }

  override async open(change: Partial<ContainerTaskRunnerOptions> = {}): Promise<ContainerTaskRunner> {
    this.#tasks = await ContainerTaskRunner.open({
      ...this.commonOptions(),
      engine: this.engine,
      engineInfo: await this.engine.readInfo(),
      image: EXAMPLE_IMAGE,
      bootCommand: HTTP_SERVER_SCRIPT,
      port: 8080,
      mountPath: '/workbench',
      ...change,
    });
    this.#tasks.resume();
    return this.#tasks;
  }

  override openWithScript(script: string, options: CommonOptions = {}): Promise<ContainerTaskRunner> {
    return this.open({ ...options, bootCommand: nodeCommand(script) });
  }

  /** Returns the containers of this data folder, running or not. */
  async containers(): Promise<readonly Docker.ContainerInfo[]> {
    const label = `workbench.installation=${await readInstallationId(this.dataDir)}`;
    return docker.listContainers({ all: true, filters: { label: [label] } });
  }

  async container(): Promise<Docker.ContainerInspectInfo> {
    const [only, ...more] = await this.containers();
    if (only === undefined || more.length > 0) throw new Error(`${more.length + (only ? 1 : 0)} containers`);
    return docker.getContainer(only.Id).inspect();
  }

  /** Connects to the engine through a socket that the test can close. */
  async relay(): Promise<Relay> {
    return await openRelay(SOCKET, join(this.dataDir, 'relay.sock'));
  }

  async end(): Promise<void> {
    await this.#tasks?.close();
    for (const { Id } of await this.containers()) await docker.getContainer(Id).remove({ force: true });
    await this.removeFolder();
  }
}

export interface Relay {
  readonly engine: Engine;
  /** Closes all connections and accepts no more. */
  cut(): void;
  /** Accepts connections again. */
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

/** Changes the owner of a folder as the start of a workbench does. Returns the user for a container. */
export async function giveToWorkbenchUser(folder: string): Promise<string> {
  const info = await new Engine(SOCKET).readInfo();
  const { platform } = process;
  const { user, owner } = containerUserFor(info, {
    platform,
    uid: process.getuid?.(),
    gid: process.getgid?.(),
  });
  if (owner !== undefined) await chown(folder, owner.uid, owner.gid);
  return user;
}

/**
 * Runs a container until it exits, and removes it.
 * @throws Error when its exit code is not 0
 */
export async function runToCompletion(options: Docker.ContainerCreateOptions): Promise<void> {
  const container = await docker.createContainer(options);
  try {
    await container.start();
    const { StatusCode } = await container.wait();
    if (StatusCode !== 0) throw new Error(`the exit code is ${StatusCode}`);
  } finally {
    await container.remove({ force: true });
  }
}
