import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { StopReason } from '#core/ports/task-runner.ts';
import { REASON_MESSAGE_MAX } from '#core/workbench/reasons.ts';
import { truncateUtf8 } from '#core/workbench/truncate-utf8.ts';
import { errorCode } from '../../system-error.ts';
import { type ContainerState, EngineRefused } from './engine.ts';
import { PullFailed } from './images.ts';

export interface ContainerExit {
  readonly container: Pick<ContainerState, 'exitCode' | 'outOfMemory'>;
  /** Whether the kernel log reports that a process was killed for lack of memory. */
  readonly kernelOomKilled: boolean;
  /** The memory limit. */
  readonly memoryMib: number;
  /** The file of its output, for messages. */
  readonly outputName: string;
}

/** 128 + 9: the exit code that shells, inits and engines report for a process that was ended by SIGKILL. */
const EXIT_CODE_SIGKILL = 137;

/** Explains why a container exited without a request. */
export function toExitReason({
  container,
  kernelOomKilled,
  memoryMib,
  outputName,
}: ContainerExit): StopReason {
  const { exitCode, outOfMemory } = container;
  const hint = `Its output is in ${outputName}.`;
  if (outOfMemory || kernelOomKilled) {
    const message = `It used more memory than its ${memoryMib} MiB and was killed. ${hint}`;
    return { code: 'out_of_memory', message };
  }
  const how =
    exitCode === EXIT_CODE_SIGKILL
      ? 'by SIGKILL (exit code 137), for lack of memory or by a user'
      : `with exit code ${exitCode}`;
  return { code: 'exited', message: `Its main process ended ${how}. ${hint}` };
}

/** A message of the kernel log. */
interface KernelMessage {
  /** Milliseconds of the monotonic clock (`process.hrtime`). */
  readonly at: number;
  readonly text: string;
}

/** A bound for the loop: the kernel keeps some thousand messages. */
const MESSAGES_MAX = 50_000;
const MESSAGE_MAX_BYTES = 8192;

/** The largest difference between the times that kernel and engine report for the same exit, milliseconds. */
const CLOCK_TOLERANCE_MS = 10_000;

/**
 * Whether the kernel killed a process of this container for lack of memory at about the time of the exit. The
 * kernel log is readable on Linux by root, or if `kernel.dmesg_restrict` is 0; otherwise this returns false. The
 * kernel names the control group, whose name contains the container id. This is needed for engines that do not
 * report it (podman 4 with cgroups v1).
 *
 * @param exitedAt milliseconds since 1970
 */
export async function wasOomKilled(containerId: string, exitedAt: number): Promise<boolean> {
  const now = Number(process.hrtime.bigint() / 1_000_000n);
  const exited = now - (Date.now() - exitedAt);
  const messages = await readKernelLog().catch(() => []);
  return messages.some(
    ({ at, text }) => Math.abs(at - exited) < CLOCK_TOLERANCE_MS && isOomKillMessage(text, containerId),
  );
}

/** Recognizes `oom-kill:constraint=CONSTRAINT_MEMCG,…,oom_memcg=/libpod_parent/libpod-<id>,…` */
export function isOomKillMessage(text: string, containerId: string): boolean {
  if (containerId === '' || !text.startsWith('oom-kill:')) return false;
  return /,task_memcg=([^,]*)/.exec(text)?.[1]?.includes(containerId) === true;
}

/** Parses `6,1234,4755076743,-;text`: priority, sequence number, microseconds, flags. */
export function parseKernelMessage(line: string): KernelMessage | undefined {
  const match = /^\d+,\d+,(\d+),[^;]*;([^\n]*)/.exec(line);
  return match === null ? undefined : { at: Number(match[1]) / 1000, text: match[2] ?? '' };
}

async function readKernelLog(): Promise<readonly KernelMessage[]> {
  const log = await open('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK);
  const messages: KernelMessage[] = [];
  const buffer = Buffer.alloc(MESSAGE_MAX_BYTES);
  try {
    for (let n = 0; n < MESSAGES_MAX; n += 1) {
      // Each read returns one message.
      const read = await log.read(buffer, 0, buffer.length, null).catch((error: unknown) => errorCode(error));
      if (read === 'EAGAIN') break;
      // The message was overwritten. The next read returns the following one.
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

/** An error that ends the start of a task. */
export class StartFailure extends Error {
  readonly stop: StopReason;

  constructor(code: StopReason['code'], message: string) {
    super(message);
    this.name = 'StartFailure';
    this.stop = { code, message };
  }
}

/** Returns the stop reason for an error, or undefined when the engine did not respond and the start is retried. */
export function startFailureReason(error: unknown): StopReason | undefined {
  if (error instanceof StartFailure) return error.stop;
  if (error instanceof PullFailed) {
    return { code: 'image_pull_failed', message: engineMessage('pull its image', error) };
  }
  if (error instanceof EngineRefused) {
    return { code: 'start_refused', message: engineMessage('start its container', error) };
  }
  return undefined;
}

function engineMessage(action: string, { message }: Error): string {
  return truncateUtf8(`The container engine could not ${action}: ${message}`, REASON_MESSAGE_MAX);
}
