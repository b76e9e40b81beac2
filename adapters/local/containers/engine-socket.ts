import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../../system-error.ts';

/** The container engine cannot be used; the message says what to do. */
export class EngineUnusable extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'EngineUnusable';
  }
}

export interface SocketSearch {
  /** WB_DOCKER_SOCKET: absolute; goes before all else. */
  readonly socket: string | undefined;
  /** DOCKER_HOST, as the docker command reads it. */
  readonly dockerHost: string | undefined;
  readonly home: string | undefined;
  /** XDG_RUNTIME_DIR. */
  readonly runtimeDir: string | undefined;
  /** @default whether there is such a file */
  readonly exists?: (path: string) => boolean;
}

/**
 * The socket of this machine's container engine: the one that is named, otherwise the first there is of the
 * usual ones of dockerd, Docker Desktop and podman.
 * @throws EngineUnusable when none is named and none is there, or when an engine elsewhere is named
 */
export function findSocket(facts: SocketSearch): string {
  const { socket, dockerHost, exists = existsSync } = facts;
  if (socket !== undefined) return socket;
  if (dockerHost !== undefined) return requireUnixSocket(dockerHost);
  const usual = defaultSockets(facts);
  const found = usual.find(exists);
  if (found !== undefined) return found;
  throw new EngineUnusable(
    [
      'No container engine was found on this machine. These sockets were looked for:',
      ...usual.map((path) => `  ${path}`),
      'Start Docker Desktop, dockerd (systemctl start docker) or podman (systemctl --user start podman.socket),',
      'or name its socket with WB_DOCKER_SOCKET. Without any engine: WB_LOCAL_RUNTIME=process.',
    ].join('\n'),
  );
}

/** The path in `unix:///path`; undefined for an engine that is reached in any other way. */
export function unixSocketOf(dockerHost: string): string | undefined {
  return /^unix:\/\/(\/.+)$/.exec(dockerHost)?.[1];
}

function requireUnixSocket(dockerHost: string): string {
  const path = unixSocketOf(dockerHost);
  if (path !== undefined) return path;
  throw new EngineUnusable(
    `DOCKER_HOST names an engine that is not reached by a socket of this machine (${dockerHost}). Workbenches use folders of this machine, so the engine must run here: set WB_DOCKER_SOCKET to its socket.`,
  );
}

function defaultSockets({ home, runtimeDir }: SocketSearch): readonly string[] {
  return [
    '/var/run/docker.sock',
    ...(home === undefined ? [] : [join(home, '.docker/run/docker.sock')]),
    ...(runtimeDir === undefined
      ? []
      : [join(runtimeDir, 'docker.sock'), join(runtimeDir, 'podman/podman.sock')]),
    '/run/podman/podman.sock',
  ];
}

/** What keeps an engine from being reached, and what to do about it. */
export function toEngineUnusable(socket: string, error: unknown): EngineUnusable {
  return new EngineUnusable(adviceFor(socket, errorCode(error), error), error);
}

function adviceFor(socket: string, code: string, error: unknown): string {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return `You may not use the container engine's socket ${socket}. Join its group (for dockerd: sudo usermod -aG docker $USER, then log in again), or use a rootless engine and name its socket with WB_DOCKER_SOCKET.`;
    case 'ENOENT':
      return `There is no socket ${socket}: the container engine is not running, or has its socket elsewhere. Start it, or name the socket with WB_DOCKER_SOCKET.`;
    case 'ECONNREFUSED':
      return `Nothing answers at the socket ${socket}: the container engine is not running. Start it (for dockerd: systemctl start docker), or name another socket with WB_DOCKER_SOCKET.`;
    default: {
      const what = code === '' ? String(error instanceof Error ? error.message : error).trim() : code;
      return `The container engine at ${socket} does not answer as one (${what}). Look at its log, or name another socket with WB_DOCKER_SOCKET.`;
    }
  }
}
