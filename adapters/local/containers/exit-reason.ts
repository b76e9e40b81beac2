import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { errorCode } from '../../system-error.ts';
import type { StopReason } from '../tasks/task-record.ts';
import type { ContainerState } from './engine.ts';

export interface ContainerExit {
  readonly seen: Pick<ContainerState, 'exitCode' | 'outOfMemory'>;
  /** The kernel's log says so. */
  readonly kernelOomKilled: boolean;
  /** What it was allowed. */
  readonly memoryMib: number;
  /** Where its output is kept, for people. */
  readonly outputName: string;
}

/** 128 and the number of SIGKILL: what a shell, an init and an engine make of a process that got it. */
const EXIT_CODE_SIGKILL = 137;

/** Why a container ended that nobody had asked to. */
export function toExitReason({ seen, kernelOomKilled, memoryMib, outputName }: ContainerExit): StopReason {
  const { exitCode, outOfMemory } = seen;
  const where = `Its output is in ${outputName}.`;
  if (outOfMemory || kernelOomKilled) {
    const message = `It used more memory than the ${memoryMib} MiB it has and was ended. ${where}`;
    return { code: 'out_of_memory', message };
  }
  const how =
    exitCode === EXIT_CODE_SIGKILL
      ? 'by SIGKILL (exit code 137), as by want of memory or by hand'
      : `with exit code ${exitCode}`;
  return { code: 'exited', message: `Its main process ended ${how}. ${where}` };
}

/** One message of the kernel's. */
interface KernelMessage {
  /** Milliseconds on the clock of `process.hrtime`. */
  readonly at: number;
  readonly text: string;
}

/** The kernel keeps no more than some thousands. */
const MOST_MESSAGES = 50_000;
const LONGEST_MESSAGE = 8192;

/** So far apart may be what the kernel and what the engine noted of one end, milliseconds. */
const SAME_END_MS = 10_000;

/**
 * Whether the kernel ended something in this container for want of memory about when the container ended, as
 * far as the kernel's log can be read: on Linux, by root or where `kernel.dmesg_restrict` is 0. It is exact
 * where it is read: the kernel names the control group, which is named after the container. Engines that do
 * not notice it themselves (podman 4 under cgroups v1) make this necessary.
 *
 * @param endedAt milliseconds since 1970
 */
export async function wasOomKilled(containerId: string, endedAt: number): Promise<boolean> {
  const now = Number(process.hrtime.bigint() / 1_000_000n);
  const ended = now - (Date.now() - endedAt);
  const messages = await kernelMessages().catch(() => []);
  return messages.some(
    ({ at, text }) => Math.abs(at - ended) < SAME_END_MS && isOomKillMessage(text, containerId),
  );
}

/** `oom-kill:constraint=CONSTRAINT_MEMCG,…,oom_memcg=/libpod_parent/libpod-<id>,…` */
export function isOomKillMessage(text: string, containerId: string): boolean {
  if (containerId === '' || !text.startsWith('oom-kill:')) return false;
  return /,task_memcg=([^,]*)/.exec(text)?.[1]?.includes(containerId) === true;
}

/** `6,1234,4755076743,-;text`: priority, number, microseconds, flags. */
export function parseKernelMessage(line: string): KernelMessage | undefined {
  const found = /^\d+,\d+,(\d+),[^;]*;([^\n]*)/.exec(line);
  return found === null ? undefined : { at: Number(found[1]) / 1000, text: found[2] ?? '' };
}

async function kernelMessages(): Promise<readonly KernelMessage[]> {
  const log = await open('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK);
  const messages: KernelMessage[] = [];
  const buffer = Buffer.alloc(LONGEST_MESSAGE);
  try {
    for (let n = 0; n < MOST_MESSAGES; n += 1) {
      // Each read answers one message.
      const read = await log.read(buffer, 0, buffer.length, null).catch((error: unknown) => errorCode(error));
      if (read === 'EAGAIN') break;
      // The oldest was overwritten meanwhile: the next read answers the one after it.
      if (read === 'EPIPE') continue;
      if (typeof read === 'string' || read.bytesRead === 0) break;
      const message = parseKernelMessage(buffer.toString('utf8', 0, read.bytesRead));
      if (message !== undefined) messages.push(message);
    }
  } finally {
    await log.close();
  }
  return messages;
}
