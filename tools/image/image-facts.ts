import type { Readable } from 'node:stream';
import type Docker from 'dockerode';

/** What the task definition depends on, as the engine knows it. */
export interface ImageFacts {
  /** In Docker's notation: `amd64`, `arm64`. */
  readonly architecture: string;
  readonly sizeBytes: number;
  /** `USER` of the Dockerfile: a name or id, possibly with a group. Empty: root. */
  readonly user: string;
  readonly healthCheck: HealthCheckFacts | undefined;
  /** Those of the requested programs that are on the PATH. */
  readonly programs: ReadonlySet<string>;
  /** The owner of the folder at the mount path. Undefined: there is none. */
  readonly mountPathOwner: Owner | undefined;
}

export interface HealthCheckFacts {
  /** 0 if the Dockerfile does not set it. */
  readonly intervalSeconds: number;
  readonly startIntervalSeconds: number;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface FactsOptions {
  /** Absolute path of the folder whose owner is read. */
  readonly mountPath: string;
  /** Names of programs to find. */
  readonly programs: readonly string[];
}

/** Docker's PATH for images that set none. */
const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const NANOSECONDS = 1e9;

/** Reads an image without running it, so that it may have any architecture. Undefined if the engine does not have it. */
export async function readImageFacts(
  docker: Docker,
  image: string,
  about: FactsOptions,
): Promise<ImageFacts | undefined> {
  const info = await undefinedIfMissing(docker.getImage(image).inspect());
  if (info === undefined) return undefined;
  const { Env, Healthcheck: check, User: user = '' } = info.Config;
  const path = [...(Env ?? []), DEFAULT_PATH].find((variable) => variable.startsWith('PATH=')) ?? '';
  // Never started. The command is only needed for images that have none.
  const container = await docker.createContainer({ Image: image, Cmd: ['true'], NetworkDisabled: true });
  try {
    const folders = path
      .slice('PATH='.length)
      .split(':')
      .filter((folder) => folder.startsWith('/'));
    const isOnPath = async (program: string) =>
      (await Promise.all(folders.map((folder) => exists(container, `${folder}/${program}`)))).includes(true);
    const found = await Promise.all(about.programs.map(isOnPath));
    return {
      architecture: info.Architecture,
      sizeBytes: info.Size,
      user,
      healthCheck:
        check === undefined || check.Test?.[0] === 'NONE'
          ? undefined
          : {
              intervalSeconds: (check.Interval ?? 0) / NANOSECONDS,
              startIntervalSeconds: startIntervalOf(check) / NANOSECONDS,
            },
      programs: new Set(about.programs.filter((_, index) => found[index])),
      mountPathOwner: await readOwner(container, about.mountPath),
    };
  } finally {
    await container.remove({ force: true, v: true });
  }
}

/** In nanoseconds. The types of dockerode do not have the field, which came with version 1.44 of the API. */
function startIntervalOf(check: object): number {
  return 'StartInterval' in check && typeof check.StartInterval === 'number' ? check.StartInterval : 0;
}

async function exists(container: Docker.Container, path: string): Promise<boolean> {
  return (await undefinedIfMissing(container.infoArchive({ path }))) !== undefined;
}

/** Reads the owner from the first header of the tar archive: https://www.gnu.org/software/tar/manual/html_node/Standard.html */
async function readOwner(container: Docker.Container, path: string): Promise<Owner | undefined> {
  const archive = (await undefinedIfMissing(container.getArchive({ path }))) as Readable | undefined;
  if (archive === undefined) return undefined;
  let header = Buffer.of();
  for await (const chunk of archive) {
    header = Buffer.concat([header, chunk as Buffer]);
    // The rest of the archive is the content of the folder. Leaving the loop closes the connection.
    if (header.length >= 512) break;
  }
  const octal = (offset: number) => Number.parseInt(header.toString('latin1', offset, offset + 8), 8);
  return { uid: octal(108), gid: octal(116) };
}

async function undefinedIfMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Error && 'statusCode' in error && error.statusCode === 404) return undefined;
    throw error;
  }
}
