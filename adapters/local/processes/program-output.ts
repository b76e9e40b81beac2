import { execFile } from 'node:child_process';
import { close, constants, open as openDescriptor } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { promisify } from 'node:util';
import type { Telemetry } from '#core/ports/telemetry.ts';
import { OutputRate } from '../tasks/output-rate.ts';
import type { OutputRing } from '../tasks/output-ring.ts';
import { OUTPUT_MAX_BYTES, type RunLogs } from '../tasks/run-logs.ts';
import { pause, settlesWithin, type Timers } from '../timers.ts';

const run = promisify(execFile);

/** The program that creates a named pipe. */
export const PIPE_PROGRAM = 'mkfifo';
/** Where programs are searched for without PATH. */
export const DEFAULT_PATH = '/usr/bin:/bin';

/**
 * The bytes in a second that a program may print for long. One that prints more waits in its writes, so that it
 * cannot occupy the server and the disk.
 */
const BYTES_PER_SECOND = OUTPUT_MAX_BYTES;
/** The most bytes that are read at once: as many as a pipe holds. */
const PIECE_BYTES = 64 * 1024;
/**
 * How long a program that prints little at a time fills the pipe before it is read again, milliseconds. A pipe that is
 * full after each wait amounts to the rate above.
 */
const GATHER_MS = 8;
/** The longest wait for the end of the output of a program that has ended, milliseconds. */
const FINISH_TIMEOUT_MS = 1000;

export interface ProgramOutputOptions {
  readonly logs: RunLogs;
  readonly workbenchId: string;
  readonly runId: string;
  /** Absolute path at which the pipe can be created, in a folder that only the user of this server may enter. */
  readonly pipe: string;
  readonly timers: Timers;
  readonly telemetry: Telemetry | undefined;
}

/**
 * Receives what a program prints through a pipe and stores the last of it. With a file as its output a program could
 * fill the disk. Node.js itself would create a socket, and `echo text > /dev/stderr` fails with a socket.
 */
export class ProgramOutput {
  readonly #options: ProgramOutputOptions;
  readonly #ring: OutputRing;
  readonly #reader: Socket;
  readonly #rate: OutputRate;
  readonly #writer: FileHandle;
  readonly #piece = Buffer.allocUnsafe(PIECE_BYTES);
  #storing: Promise<void> = Promise.resolve();
  /** Resolves when the pipe has ended and all is stored. */
  readonly #ended: Promise<void>;

  /** @throws the system's error when a file or the pipe cannot be created */
  static async open(options: ProgramOutputOptions): Promise<ProgramOutput> {
    const { logs, workbenchId, runId, pipe } = options;
    const ring = await logs.open(workbenchId, runId);
    try {
      // The file exists also for a program that prints nothing.
      await ring.write(Buffer.of());
      return new ProgramOutput(options, ring, await openPipe(pipe));
    } catch (error) {
      await ring.close();
      throw error;
    }
  }

  private constructor(options: ProgramOutputOptions, ring: OutputRing, pipe: Pipe) {
    this.#options = options;
    this.#ring = ring;
    this.#rate = new OutputRate(BYTES_PER_SECOND, options.timers);
    this.#writer = pipe.writer;
    this.#reader = new Socket({
      fd: pipe.reader,
      readable: true,
      writable: false,
      onread: {
        buffer: this.#piece,
        callback: (length) => {
          this.#storing = this.#store(this.#piece.subarray(0, length));
          // Pauses the reading. The memory is used again for the next piece.
          return false;
        },
      },
    });
    this.#ended = this.#storeUntilEnd();
  }

  /** The descriptor into which the program writes, for its stdout and stderr. */
  get writer(): number {
    return this.#writer.fd;
  }

  /** To be called when the program has the descriptor. Otherwise its output would have no end. */
  async closeWriter(): Promise<void> {
    await this.#writer.close();
  }

  /**
   * Resolves when what the program printed is stored. To be called once, when none of its processes is left. A process
   * that is left and was not found gets SIGPIPE when it prints.
   */
  async finish(): Promise<void> {
    await this.#writer.close();
    await settlesWithin(this.#options.timers, FINISH_TIMEOUT_MS, this.#ended);
    this.#reader.destroy();
    await this.#ended;
  }

  async #storeUntilEnd(): Promise<void> {
    const { telemetry, workbenchId, runId } = this.#options;
    await new Promise<void>((resolve) => {
      this.#reader.once('close', resolve);
      this.#reader.once('error', (error) =>
        telemetry?.error('output of a workbench cannot be read', { workbenchId, runId }, error),
      );
    });
    await this.#storing;
    await this.#ring.close();
  }

  async #store(bytes: Buffer): Promise<void> {
    await this.#ring.write(bytes);
    const gatherMs = bytes.length < this.#piece.length / 2 ? GATHER_MS : 0;
    const waitMs = Math.max(this.#rate.take(bytes.length), gatherMs);
    if (waitMs > 0) await pause(this.#options.timers, waitMs);
    this.#reader.resume();
  }
}

interface Pipe {
  readonly reader: number;
  readonly writer: FileHandle;
}

/** Opens a new pipe. Its name is deleted, so that only those who get a descriptor can use it. */
async function openPipe(path: string): Promise<Pipe> {
  // A server that was killed may have left it.
  await rm(path, { force: true });
  await createPipe(path);
  try {
    // Without O_NONBLOCK the call would wait for a writer.
    const reader = await promisify(openDescriptor)(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return { reader, writer: await open(path, constants.O_WRONLY) };
    } catch (error) {
      close(reader);
      throw error;
    }
  } finally {
    await rm(path, { force: true });
  }
}

async function createPipe(path: string): Promise<void> {
  try {
    await run(PIPE_PROGRAM, ['-m', '600', path], { env: { PATH: process.env.PATH ?? DEFAULT_PATH } });
  } catch (error) {
    // The error of a program that exits with another status than 0 has a number as its code, and no other cause than this text.
    const text = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    throw text === '' ? error : new Error(text, { cause: error });
  }
}
