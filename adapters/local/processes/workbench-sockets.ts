import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The longest path of a socket, bytes: macOS allows 103, Linux 107. */
const PATH_MAX_BYTES = 100;
const NAME_LENGTH = 12;

/**
 * The folder with the Unix sockets of workbenches. Only the user of this server may enter it, so that neither other users nor
 * web pages connect to a workbench without the checks of the proxy.
 */
export class WorkbenchSockets {
  readonly #path: string;
  readonly #isTemporary: boolean;

  private constructor(path: string, isTemporary: boolean) {
    this.#path = path;
    this.#isTemporary = isTemporary;
  }

  /**
   * Returns an empty folder: `<dataDir>/sockets`, or a temporary folder if that path is too long or its file system has no
   * sockets. Must be called before a workbench is started.
   */
  static async open(dataDir: string, runtimeDir = process.env.XDG_RUNTIME_DIR): Promise<WorkbenchSockets> {
    const path = join(dataDir, 'sockets');
    await rm(path, { recursive: true, force: true });
    if (fits(path)) {
      await mkdir(path, { mode: 0o700 });
      if (await canListenIn(path)) return new WorkbenchSockets(path, false);
    }
    const parent = runtimeDir !== undefined && fits(join(runtimeDir, 'wb-123456')) ? runtimeDir : tmpdir();
    // The system sets mode 0700.
    return new WorkbenchSockets(await mkdtemp(join(parent, 'wb-')), true);
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
    if (this.#isTemporary) await rm(this.#path, { recursive: true, force: true });
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
