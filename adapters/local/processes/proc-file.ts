import { closeSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';

/**
 * The bytes of one read: more than most files of a process contain. For a file of /proc, which reports no size, `readFile`
 * of Node.js allocates 64 KiB outside of the heap. The start of a workbench reads a file of every process of the computer:
 * for 300 processes 20 MB.
 */
const CHUNK_BYTES = 4096;

/** Reads a file of /proc. */
export async function readProcFile(path: string): Promise<string> {
  const file = await open(path);
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let text = '';
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, null);
      if (bytesRead === 0) return text;
      text += chunk.toString('latin1', 0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

const sharedChunk = Buffer.allocUnsafe(CHUNK_BYTES);

/**
 * Reads a file of /proc within this turn of the event loop, which takes a tenth of the processor time and no memory. Only
 * for files that the kernel writes without a lock of the process, such as `stat`: a process that hangs would block this one.
 */
export function readProcFileSync(path: string): string {
  const file = openSync(path, 'r');
  try {
    let text = '';
    for (;;) {
      const bytes = readSync(file, sharedChunk, 0, CHUNK_BYTES, null);
      if (bytes === 0) return text;
      text += sharedChunk.toString('latin1', 0, bytes);
    }
  } finally {
    closeSync(file);
  }
}
