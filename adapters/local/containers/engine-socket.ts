import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../../system-error.ts';

/** The container engine cannot be used. The message says what to do. */
export class EngineUnusable extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'EngineUnusable';
  }
}

export interface SocketSearch {
  /** WB_DOCKER_SOCKET: an absolute path. It has precedence. */
  readonly socket: string | undefined;
  /** DOCKER_HOST, in the format of the docker command. */
  readonly dockerHost: string | undefined;
  readonly home: string | undefined;
  /** XDG_RUNTIME_DIR. */
  readonly runtimeDir: string | undefined;
  /** @default whether the file exists */
  readonly exists?: (path: string) => boolean;
}

/**
 * Returns the socket of the container engine on this computer: the configured one, otherwise the first existing
 * default socket of dockerd, Docker Desktop and podman.
 * @throws EngineUnusable when no socket is configured and none exists, or when DOCKER_HOST names a remote engine
 */
export function findSocket(search: SocketSearch): string {
  const { socket, dockerHost, exists = existsSync } = search;
  if (socket !== undefined) return socket;
  if (dockerHost !== undefined) return requireUnixSocket(dockerHost);
  const sockets = defaultSockets(search);
  const found = sockets.find(exists);
  if (found !== undefined) return found;
  throw new EngineUnusable(
    [
      'No container engine was found on this computer. None of these sockets exists:',
      ...sockets.map((path) => `  ${path}`),
      'Start Docker Desktop, dockerd (systemctl start docker) or podman (systemctl --user start podman.socket),',
      'or set WB_DOCKER_SOCKET to its socket. To run without an engine, set WB_LOCAL_RUNTIME=process.',
    ].join('\n'),
  );
}

/** Returns the path in `unix:///path`, or undefined for any other scheme. */
export function unixSocketOf(dockerHost: string): string | undefined {
  return /^unix:\/\/(\/.+)$/.exec(dockerHost)?.[1];
}

function requireUnixSocket(dockerHost: string): string {
  const path = unixSocketOf(dockerHost);
  if (path !== undefined) return path;
  throw new EngineUnusable(
    `DOCKER_HOST is not a Unix socket of this computer (${dockerHost}). Workbenches use local folders, so the engine must run on this computer: set WB_DOCKER_SOCKET to its socket.`,
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

/** Explains why the engine cannot be used and what to do. */
export function toEngineUnusable(socket: string, error: unknown): EngineUnusable {
  return new EngineUnusable(adviceFor(socket, errorCode(error), error), error);
}

function adviceFor(socket: string, code: string, error: unknown): string {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return `Access to the container engine's socket ${socket} is denied. Join its group (for dockerd: sudo usermod -aG docker $USER, then log in again), or use a rootless engine and set WB_DOCKER_SOCKET to its socket.`;
    case 'ENOENT':
      return `The socket ${socket} does not exist: the container engine is not running, or it uses another socket. Start it, or set WB_DOCKER_SOCKET to its socket.`;
    case 'ECONNREFUSED':
      return `The socket ${socket} refuses connections: the container engine is not running. Start it (for dockerd: systemctl start docker), or set WB_DOCKER_SOCKET to another socket.`;
    default: {
      const cause = code === '' ? String(error instanceof Error ? error.message : error).trim() : code;
      return `The server at ${socket} does not respond like a container engine (${cause}). Check its log, or set WB_DOCKER_SOCKET to another socket.`;
    }
  }
}
