import { createHash } from 'node:crypto';
import { lstat, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { errorCode } from '../../system-error.ts';
import { isNoSpace } from '../no-space.ts';

/** The longest path of a socket, bytes: macOS allows 103, Linux 107. */
const PATH_MAX_BYTES = 100;
const NAME_LENGTH = 12;
/** The start of the name of a temporary folder. `mkdtemp` adds six characters. */
const TEMPORARY_PREFIX = 'wb-';

/** No folder can have the sockets. The message says why, and what to do. */
export class SocketsUnavailable extends Error {
  constructor(refusals: readonly Refusal[]) {
    const tried = refusals.map(({ folder, reason }) => `${folder} (${reason})`).join(', ');
    const cause = refusals.map(({ error }) => error).find(isNoSpace);
    super(
      `No folder can have the Unix sockets of workbenches, neither of ${tried}: set WB_DATA_DIR or TMPDIR to a short path on a local disk.`,
      { cause },
    );
    this.name = 'SocketsUnavailable';
  }
}

interface Refusal {
  readonly folder: string;
  readonly reason: string;
  readonly error?: unknown;
}

/**
 * The folder with the Unix sockets of workbenches. Only the user of this server may enter it, so that neither other users nor
 * web pages connect to a workbench without the checks of the proxy.
 */
export class WorkbenchSockets {
  #path: string;
  /** Where a temporary folder may be created. Empty if the folder is in the data folder. */
  readonly #parents: readonly string[];
  #preparing: Promise<void> = Promise.resolve();

  private constructor(path: string, parents: readonly string[]) {
    this.#path = path;
    this.#parents = parents;
  }

  /**
   * Returns an empty folder: `<dataDir>/sockets`, or a temporary folder if that path is too long or its file system has no
   * sockets. The folder of a login session (XDG_RUNTIME_DIR) is not used: it is removed when the user logs out.
   * Must be called before a workbench is started.
   *
   * @param parents folders in which a temporary folder may be created, in order of preference
   * @throws SocketsUnavailable
   */
  static async open(dataDir: string, parents = [tmpdir(), '/tmp']): Promise<WorkbenchSockets> {
    const path = join(dataDir, 'sockets');
    await rm(path, { recursive: true, force: true });
    if (!fits(path))
      return await WorkbenchSockets.#openTemporary(parents, { folder: path, reason: TOO_LONG });
    await mkdir(path, { mode: 0o700 });
    if (await canListenIn(path)) return new WorkbenchSockets(path, []);
    return await WorkbenchSockets.#openTemporary(parents, { folder: path, reason: NO_SOCKETS });
  }

  static async #openTemporary(parents: readonly string[], refusal: Refusal): Promise<WorkbenchSockets> {
    return new WorkbenchSockets(await createTemporaryFolder(parents, [refusal]), parents);
  }

  /**
   * Creates the folder again if something has removed it. A temporary folder gets another name, because another user may
   * have taken the former one. To be called before a program is started.
   *
   * @throws SocketsUnavailable; the system's error if the folder in the data folder cannot be created
   */
  prepare(): Promise<void> {
    const create = () => this.#createIfGone();
    // One at a time, so that two programs do not get two folders.
    this.#preparing = this.#preparing.then(create, create);
    return this.#preparing;
  }

  async #createIfGone(): Promise<void> {
    if (this.#parents.length === 0) await mkdir(this.#path, { recursive: true, mode: 0o700 });
    else if (!(await isOwnFolder(this.#path))) this.#path = await createTemporaryFolder(this.#parents);
  }

  /** Returns the path of the socket of a task. */
  pathOf(taskId: string): string {
    return join(this.#path, createHash('sha256').update(taskId).digest('hex').slice(0, NAME_LENGTH));
  }

  /** Removes the socket of a task that has stopped. A program that was killed has left it. */
  async remove(taskId: string): Promise<void> {
    await rm(this.pathOf(taskId), { force: true });
  }

  /** Removes a temporary folder. To be called when no workbench runs. */
  async close(): Promise<void> {
    if (this.#parents.length === 0 || !(await isOwnFolder(this.#path))) return;
    await rm(this.#path, { recursive: true, force: true });
  }
}

const TOO_LONG = 'its path is too long';
const NO_SOCKETS = 'its file system has no sockets';

async function createTemporaryFolder(
  parents: readonly string[],
  refusals: readonly Refusal[] = [],
): Promise<string> {
  const all = [...refusals];
  for (const folder of new Set(parents.map((parent) => resolve(parent)))) {
    if (!fits(join(folder, `${TEMPORARY_PREFIX}123456`))) {
      all.push({ folder, reason: TOO_LONG });
      continue;
    }
    try {
      // The system sets mode 0700.
      const path = await mkdtemp(join(folder, TEMPORARY_PREFIX));
      if (await canListenIn(path)) return path;
      await rm(path, { recursive: true, force: true });
      all.push({ folder, reason: NO_SOCKETS });
    } catch (error) {
      all.push({ folder, reason: errorCode(error) || 'unknown error', error });
    }
  }
  throw new SocketsUnavailable(all);
}

/** Whether the path is a folder that only the user of this server may enter. */
async function isOwnFolder(path: string): Promise<boolean> {
  try {
    const found = await lstat(path);
    return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

function fits(folder: string): boolean {
  return Buffer.byteLength(folder) + 1 + NAME_LENGTH <= PATH_MAX_BYTES;
}

/** Some network and shared file systems have no sockets. */
function canListenIn(folder: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    // Node.js removes the socket when the server closes.
    server.listen(join(folder, 'test'), () => server.close(() => resolve(true)));
  });
}
