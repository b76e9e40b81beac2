import { Readable } from 'node:stream';
import Docker from 'dockerode';
import {
  type EngineInfo,
  type EngineMessage,
  parseEngineInfo,
  readEngineMessages,
} from './engine-responses.ts';
import { toEngineUnusable } from './engine-socket.ts';

/** The engine responded with an error. */
export class EngineRefused extends Error {
  /** The HTTP status of the response. */
  readonly status: number;

  constructor(status: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'EngineRefused';
    this.status = status;
  }
}

/** The state of a container as the engine reports it. */
export interface ContainerState {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `created`: never started; `exited`: it ran, and its exit code is known. */
  readonly phase: 'created' | 'running' | 'exited';
  readonly exitCode: number;
  /** The engine reports that a process was killed for lack of memory. Not every engine reports this. */
  readonly outOfMemory: boolean;
  /** When it exited, milliseconds since 1970. */
  readonly finishedAt: number | undefined;
  /** Returns the port of 127.0.0.1 that is mapped to `containerPort`. */
  hostPort(containerPort: number): number | undefined;
}

/** Timeout of calls that a working engine completes at once, milliseconds. */
const ENGINE_TIMEOUT_MS = 30_000;

/** Statuses of a container that was not started, including those of podman. */
const CREATED_STATUSES = new Set(['created', 'configured', 'initialized']);
const EXITED_STATUSES = new Set(['exited', 'dead']);

/**
 * A client of a container engine on this computer through the Docker API: dockerd, Docker Desktop, podman. All
 * methods throw EngineRefused when the engine responds with an error, and other errors when it does not respond.
 */
export class Engine {
  readonly socket: string;
  /** For calls without a time limit. */
  readonly #docker: Docker;
  /** For calls that a working engine completes at once. */
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

  /** Resolves when the image was pulled. */
  async pull(name: string, onMessage: (event: EngineMessage) => void, signal?: AbortSignal): Promise<void> {
    const options = signal === undefined ? {} : { abortSignal: signal };
    const stream = await throwEngineRefused(this.#docker.pull(name, options) as Promise<Readable>);
    for await (const event of readEngineMessages(stream)) {
      if (event.error !== undefined) throw new EngineRefused(500, toOneLine(event.error));
      onMessage(event);
    }
  }

  /**
   * Creates a container. Returns false when the name is in use. Omits the init process if the engine has none
   * (podman without catatonit).
   */
  async create(options: Docker.ContainerCreateOptions & { readonly name: string }): Promise<boolean> {
    try {
      await throwEngineRefused(this.#docker.createContainer({ ...options }));
      return true;
    } catch (error) {
      if (!(error instanceof EngineRefused)) throw error;
      // podman responds with a general error when the name is in use.
      if (error.status === 409 || (await this.find(options.name)) !== undefined) return false;
      if (options.HostConfig?.Init !== true) throw error;
      const { Init: _, ...rest } = options.HostConfig;
      return await this.create({ ...options, HostConfig: rest });
    }
  }

  /** Returns a container by its name or id, or undefined when it does not exist. */
  async find(name: string): Promise<ContainerState | undefined> {
    const info = await undefinedIfMissing(this.#dockerWithTimeout.getContainer(name).inspect());
    return info === undefined ? undefined : toContainerState(info);
  }

  /** Returns all containers with this label (`name=value`), exited ones too. */
  async listByLabel(label: string): Promise<readonly { readonly id: string; readonly name: string }[]> {
    const all = await throwEngineRefused(
      this.#dockerWithTimeout.listContainers({ all: true, filters: { label: [label] } }),
    );
    return all.map(({ Id, Names }) => ({ id: Id, name: (Names[0] ?? '').replace(/^\//, '') }));
  }

  /** Does nothing if the container runs or has run: the response to an earlier start may have been lost. */
  async start(id: string): Promise<void> {
    try {
      await undefinedOnStatus(304, this.#docker.getContainer(id).start());
    } catch (error) {
      const phase = error instanceof EngineRefused ? (await this.find(id))?.phase : undefined;
      if (phase === undefined || phase === 'created') throw error;
    }
  }

  /**
   * Resolves when the container no longer runs, or when the signal aborts. If the connection is lost after the
   * engine has begun its response, this resolves only by the signal. So the caller must also poll the container.
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

  /**
   * Sends SIGTERM, and SIGKILL after the grace period. Resolves when the container has exited. Does nothing if it
   * has exited or does not exist.
   */
  async stop(id: string, graceSeconds: number): Promise<void> {
    await undefinedIfMissing(undefinedOnStatus(304, this.#docker.getContainer(id).stop({ t: graceSeconds })));
  }

  /** Sends SIGKILL. Does nothing if the container has exited or does not exist. */
  async kill(id: string): Promise<void> {
    await undefinedIfMissing(undefinedOnStatus(409, this.#docker.getContainer(id).kill()));
  }

  /** Kills and removes the container and its anonymous volumes. */
  async remove(id: string): Promise<void> {
    await undefinedIfMissing(
      undefinedOnStatus(409, this.#docker.getContainer(id).remove({ force: true, v: true })),
    );
  }

  /**
   * Returns the last lines of the output, as a stream, because lines can be long. With `follow` further output comes until the
   * container has ended. Empty if it does not exist. After the end of the signal the stream ends with an error.
   */
  async readOutput(
    id: string,
    {
      lines,
      follow,
      signal,
    }: { readonly lines: number; readonly follow: boolean; readonly signal: AbortSignal },
  ): Promise<AsyncIterable<Buffer>> {
    // The method of dockerode reads all of it into memory.
    const request = {
      path: `/containers/${encodeURIComponent(id)}/logs?`,
      method: 'GET',
      isStream: true,
      statusCodes: { 200: true, 404: 'no such container', 500: 'server error' },
      options: { stdout: true, stderr: true, tail: lines, ...(follow ? { follow } : {}) },
      abortSignal: signal,
    };
    const stream = new Promise<Readable>((resolve, reject) => {
      this.#docker.modem.dial(request, (error, body) => {
        if (body instanceof Readable && !error) resolve(body);
        else reject(error ?? new Error('the engine has sent no stream'));
      });
    });
    return (await undefinedIfMissing(stream)) ?? Readable.from([]);
  }
}

function toContainerState(info: Docker.ContainerInspectInfo): ContainerState {
  const { Status: status, ExitCode: exitCode, OOMKilled: outOfMemory, FinishedAt } = info.State;
  const finishedAt = Date.parse(FinishedAt);
  return {
    id: info.Id,
    labels: info.Config.Labels ?? {},
    phase: CREATED_STATUSES.has(status) ? 'created' : EXITED_STATUSES.has(status) ? 'exited' : 'running',
    exitCode,
    outOfMemory,
    // The year 1 means never.
    finishedAt: finishedAt > 0 ? finishedAt : undefined,
    hostPort: (containerPort) => {
      const port = info.NetworkSettings.Ports?.[`${containerPort}/tcp`]?.[0]?.HostPort;
      return port === undefined || port === '' ? undefined : Number(port);
    },
  };
}

function httpStatusOf(error: unknown): number | undefined {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
}

/** Returns the message of the engine without the prefix that dockerode adds. */
function engineMessageOf(error: Error): string {
  const json: unknown = 'json' in error ? error.json : undefined;
  const message =
    typeof json === 'object' && json !== null && 'message' in json && typeof json.message === 'string'
      ? json.message
      : error.message.replace(/^\(HTTP code \d+\) [^-]*- /, '');
  return toOneLine(message);
}

function toOneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

function toEngineRefused(error: Error): EngineRefused {
  return new EngineRefused(httpStatusOf(error) ?? 500, engineMessageOf(error), error);
}

async function throwEngineRefused<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Error && httpStatusOf(error) !== undefined) throw toEngineRefused(error);
    throw error;
  }
}

async function undefinedIfMissing<T>(call: Promise<T>): Promise<T | undefined> {
  return undefinedOnStatus(404, call);
}

async function undefinedOnStatus<T>(status: number, call: Promise<T>): Promise<T | undefined> {
  try {
    return await throwEngineRefused(call);
  } catch (error) {
    if (error instanceof EngineRefused && error.status === status) return undefined;
    throw error;
  }
}
