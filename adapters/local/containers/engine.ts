import type { Readable } from 'node:stream';
import Docker from 'dockerode';
import { type EngineInfo, parseEngineInfo } from './engine-info.ts';
import { type EngineMessage, readEngineMessages } from './engine-messages.ts';
import { toEngineUnusable } from './engine-socket.ts';

/** The engine has answered, and will not do it. */
export class EngineRefused extends Error {
  /** The HTTP status of its answer. */
  readonly status: number;

  constructor(status: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'EngineRefused';
    this.status = status;
  }
}

/** A container as the engine shows it. */
export interface ContainerState {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `fresh`: made and never started; `ended`: it ran, and its exit code is known. */
  readonly phase: 'created' | 'running' | 'exited';
  readonly exitCode: number;
  /** The engine says that something in it was ended for want of memory. Not every engine does. */
  readonly outOfMemory: boolean;
  /** When it ended, milliseconds since 1970. */
  readonly finishedAt: number | undefined;
  /** The port of 127.0.0.1 that leads to `containerPort`. */
  hostPort(containerPort: number): number | undefined;
}

/** An engine that says nothing for so long does not answer, milliseconds. */
const ENGINE_TIMEOUT_MS = 30_000;

/** Not started, or not yet: podman's words for it too. */
const CREATED_STATUSES = new Set(['created', 'configured', 'initialized']);
const EXITED_STATUSES = new Set(['exited', 'dead']);

/**
 * A container engine on this machine, by Docker's API: dockerd, Docker Desktop, podman. Every method throws
 * EngineRefused when the engine says no, and anything else when it could not be asked.
 */
export class Engine {
  readonly socket: string;
  /** For what may take as long as it takes. */
  readonly #docker: Docker;
  /** For what an engine that is well answers at once. */
  readonly #dockerWithTimeout: Docker;

  constructor(socket: string) {
    this.socket = socket;
    this.#docker = new Docker({ socketPath: socket });
    this.#dockerWithTimeout = new Docker({ socketPath: socket, timeout: ENGINE_TIMEOUT_MS });
  }

  /** @throws EngineUnusable */
  async readInfo(): Promise<EngineInfo> {
    try {
      const [info, version] = await Promise.all([
        this.#dockerWithTimeout.info(),
        this.#dockerWithTimeout.version(),
      ]);
      return parseEngineInfo(info, version);
    } catch (error) {
      throw toEngineUnusable(this.socket, error);
    }
  }

  async hasImage(name: string): Promise<boolean> {
    return (await undefinedIfMissing(this.#dockerWithTimeout.getImage(name).inspect())) !== undefined;
  }

  /** Resolves when the image is there. */
  async pull(name: string, onMessage: (event: EngineMessage) => void, signal?: AbortSignal): Promise<void> {
    const options = signal === undefined ? {} : { abortSignal: signal };
    const stream = await throwEngineRefused(this.#docker.pull(name, options) as Promise<Readable>);
    for await (const event of readEngineMessages(stream)) {
      if (event.error !== undefined) throw new EngineRefused(500, toOneLine(event.error));
      onMessage(event);
    }
  }

  /**
   * Answers false when there is one of that name already. An init in front of its first process is left out
   * where the engine has none to give (podman without catatonit).
   */
  async create(options: Docker.ContainerCreateOptions & { readonly name: string }): Promise<boolean> {
    try {
      await throwEngineRefused(this.#docker.createContainer({ ...options }));
      return true;
    } catch (error) {
      if (!(error instanceof EngineRefused)) throw error;
      // podman answers a name in use as it answers anything that it cannot do.
      if (error.status === 409 || (await this.find(options.name)) !== undefined) return false;
      if (options.HostConfig?.Init !== true) throw error;
      const { Init: _, ...rest } = options.HostConfig;
      return await this.create({ ...options, HostConfig: rest });
    }
  }

  /** A container by its name or id; undefined when there is none. */
  async find(name: string): Promise<ContainerState | undefined> {
    const seen = await undefinedIfMissing(this.#dockerWithTimeout.getContainer(name).inspect());
    return seen === undefined ? undefined : toContainerState(seen);
  }

  /** The names of all containers with this label, `name=value`, ended ones too. */
  async listByLabel(label: string): Promise<readonly { readonly id: string; readonly name: string }[]> {
    const all = await throwEngineRefused(
      this.#dockerWithTimeout.listContainers({ all: true, filters: { label: [label] } }),
    );
    return all.map(({ Id, Names }) => ({ id: Id, name: (Names[0] ?? '').replace(/^\//, '') }));
  }

  /** One that runs, or has run, already is no error: the answer to an earlier start may have been lost. */
  async start(id: string): Promise<void> {
    try {
      await undefinedOnStatus(304, this.#docker.getContainer(id).start());
    } catch (error) {
      const phase = error instanceof EngineRefused ? (await this.find(id))?.phase : undefined;
      if (phase === undefined || phase === 'created') throw error;
    }
  }

  /**
   * Resolves when it no longer runs, or the signal aborts. When the connection is lost after the engine has
   * begun its answer, only the signal tells: look at the container now and then all the same.
   */
  async wait(id: string, signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<void>();
    const abort = () => aborted.resolve();
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    const ended = undefinedIfMissing(this.#docker.getContainer(id).wait({ abortSignal: signal }));
    try {
      await Promise.race([ended, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
      ended.catch(() => {});
    }
  }

  /** SIGTERM, after the grace SIGKILL; resolves when it has ended. One that has ended or is gone is no error. */
  async stop(id: string, graceSeconds: number): Promise<void> {
    await undefinedIfMissing(undefinedOnStatus(304, this.#docker.getContainer(id).stop({ t: graceSeconds })));
  }

  /** SIGKILL. One that has ended or is gone is no error. */
  async kill(id: string): Promise<void> {
    await undefinedIfMissing(undefinedOnStatus(409, this.#docker.getContainer(id).kill()));
  }

  /** Removes it with whatever runs in it, and the volumes that the engine made for it alone. */
  async remove(id: string): Promise<void> {
    await undefinedIfMissing(
      undefinedOnStatus(409, this.#docker.getContainer(id).remove({ force: true, v: true })),
    );
  }

  /** What it has printed: the last `lines` of it. */
  async readOutput(id: string, lines: number): Promise<Buffer> {
    const container = this.#docker.getContainer(id);
    return (
      (await undefinedIfMissing(container.logs({ stdout: true, stderr: true, tail: lines }))) ?? Buffer.of()
    );
  }
}

function toContainerState(seen: Docker.ContainerInspectInfo): ContainerState {
  const { Status: status, ExitCode: exitCode, OOMKilled: outOfMemory, FinishedAt } = seen.State;
  const finishedAt = Date.parse(FinishedAt);
  return {
    id: seen.Id,
    labels: seen.Config.Labels ?? {},
    phase: CREATED_STATUSES.has(status) ? 'created' : EXITED_STATUSES.has(status) ? 'exited' : 'running',
    exitCode,
    outOfMemory,
    // The year 1 stands for never.
    finishedAt: finishedAt > 0 ? finishedAt : undefined,
    hostPort: (containerPort) => {
      const bound = seen.NetworkSettings.Ports?.[`${containerPort}/tcp`]?.[0]?.HostPort;
      return bound === undefined || bound === '' ? undefined : Number(bound);
    },
  };
}

function httpStatusOf(error: unknown): number | undefined {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
}

/** The engine's own words, without what its client puts around them. */
function engineMessageOf(error: Error): string {
  const json: unknown = 'json' in error ? error.json : undefined;
  const said =
    typeof json === 'object' && json !== null && 'message' in json && typeof json.message === 'string'
      ? json.message
      : error.message.replace(/^\(HTTP code \d+\) [^-]*- /, '');
  return toOneLine(said);
}

function toOneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

function toEngineRefused(error: Error): EngineRefused {
  return new EngineRefused(httpStatusOf(error) ?? 500, engineMessageOf(error), error);
}

async function throwEngineRefused<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && httpStatusOf(error) !== undefined) throw toEngineRefused(error);
    throw error;
  }
}

async function undefinedIfMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  return undefinedOnStatus(404, answer);
}

async function undefinedOnStatus<T>(status: number, answer: Promise<T>): Promise<T | undefined> {
  try {
    return await throwEngineRefused(answer);
  } catch (error) {
    if (error instanceof EngineRefused && error.status === status) return undefined;
    throw error;
  }
}
