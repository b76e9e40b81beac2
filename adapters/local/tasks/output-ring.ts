import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import { errorCode } from '../../system-error.ts';

/** The calls of the file system that a ring makes. */
export interface OutputFiles {
  /** Opens a file for appending. It is created with mode 0600 when it is missing. */
  open(file: string): Promise<Pick<FileHandle, 'write' | 'close'>>;
  /** Returns the size of a file in bytes, 0 when it does not exist. */
  size(file: string): Promise<number>;
  rename(from: string, to: string): Promise<void>;
}

export interface OutputRingOptions {
  /** Absolute path of the file with the newest output. The output before it is in `<file>.1`. */
  readonly file: string;
  /** The most bytes of both files together. */
  readonly maxBytes: number;
  /** Called for the first write that fails after one that succeeded. */
  readonly onLoss?: ((error: unknown) => void) | undefined;
  /** Called when the ring is closed, with the bytes that are lost without a line about them in the file. */
  readonly onClose?: ((lostBytes: number) => void) | undefined;
  readonly files?: OutputFiles;
}

/** The end of the name of the file with the older output. */
export const OLDER = '.1';

/**
 * Keeps the last bytes that a program printed, in two files of the same largest size. A write that fails, because
 * the disk is full or read-only, loses its bytes: a program must not wait until it can print. The next write that
 * succeeds begins with a line that says how many were lost.
 */
export class OutputRing {
  readonly #options: OutputRingOptions;
  readonly #files: OutputFiles;
  /** Absent before the first write and after a rotation whose second step failed. */
  #open: { readonly handle: Pick<FileHandle, 'write' | 'close'>; size: number } | undefined;
  #lost = { bytes: 0, cause: '' };

  constructor(options: OutputRingOptions) {
    this.#options = options;
    this.#files = options.files ?? systemFiles;
  }

  /** Appends bytes. Call it again only after the previous call has resolved. Never rejects. */
  async write(bytes: Buffer): Promise<void> {
    const { bytes: lostBytes, cause } = this.#lost;
    const notice = lostBytes === 0 ? '' : `\n… ${lostBytes} bytes of output were lost: ${cause}\n`;
    const text = notice === '' ? bytes : Buffer.concat([Buffer.from(notice), bytes]);
    let written = 0;
    try {
      // So that the file exists when nothing is written.
      await this.#openFile();
      while (written < text.length) written += await this.#append(text.subarray(written));
      this.#lost = { bytes: 0, cause: '' };
    } catch (error) {
      const noticeBytes = text.length - bytes.length;
      const isNoticed = noticeBytes > 0 && written >= noticeBytes;
      const newlyLost = bytes.length - Math.max(0, written - noticeBytes);
      if (lostBytes === 0) this.#options.onLoss?.(error);
      this.#lost = { bytes: (isNoticed ? 0 : lostBytes) + newlyLost, cause: causeOf(error) };
    }
  }

  /** Closes the file. Says in it what was lost last, if that can be written. Never rejects. */
  async close(): Promise<void> {
    if (this.#lost.bytes > 0) await this.write(Buffer.of());
    await this.#closeFile();
    this.#options.onClose?.(this.#lost.bytes);
  }

  /** Appends at least one byte. Returns how many. */
  async #append(bytes: Buffer): Promise<number> {
    const { file, maxBytes } = this.#options;
    const most = Math.floor(maxBytes / 2);
    const open = await this.#openFile();
    if (open.size > 0 && open.size + bytes.length > most) {
      await this.#closeFile();
      await this.#files.rename(file, `${file}${OLDER}`).catch((error: unknown) => {
        // The file was deleted from outside.
        if (errorCode(error) !== 'ENOENT') throw error;
      });
      return await this.#append(bytes);
    }
    const { bytesWritten } = await open.handle.write(bytes, 0, Math.min(bytes.length, most));
    open.size += bytesWritten;
    return bytesWritten;
  }

  async #openFile() {
    const { file } = this.#options;
    // The size comes first: a failure in between leaves no open file.
    this.#open ??= { size: await this.#files.size(file), handle: await this.#files.open(file) };
    return this.#open;
  }

  async #closeFile(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    // The bytes were written, or their loss was counted: a failing close adds nothing.
    await open?.handle.close().catch(() => {});
  }
}

function causeOf(error: unknown): string {
  const code = errorCode(error);
  return code === 'ENOSPC' || code === 'EDQUOT' ? 'no space' : code || 'unknown error';
}

const systemFiles: OutputFiles = {
  open: (file) => open(file, 'a', 0o600),
  size: async (file) => {
    try {
      return (await stat(file)).size;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return 0;
      throw error;
    }
  },
  rename,
};
