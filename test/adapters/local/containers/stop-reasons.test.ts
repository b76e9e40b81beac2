import { describe, expect, it } from 'vitest';
import {
  isOomKillMessage,
  parseKernelMessage,
  toExitReason,
} from '#adapters/local/containers/stop-reasons.ts';

const exit = { kernelOomKilled: false, memoryMib: 512, outputName: 'logs/wb1/run1.log' };

describe('toExitReason', () => {
  it('contains the exit code', () => {
    const container = { exitCode: 3, outOfMemory: false };
    expect(toExitReason({ ...exit, container })).toEqual({
      code: 'exited',
      message: 'Its main process ended with exit code 3. Its output is in logs/wb1/run1.log.',
    });
  });

  it('is out_of_memory when the engine or the kernel reports it, for any exit code', () => {
    for (const exitCode of [0, 1, 137]) {
      for (const [outOfMemory, kernelOomKilled] of [
        [true, false],
        [false, true],
      ] as const) {
        const { code, message } = toExitReason({
          ...exit,
          container: { exitCode, outOfMemory },
          kernelOomKilled,
        });
        expect(code).toBe('out_of_memory');
        expect(message).toContain('512 MiB');
      }
    }
  });

  it('names both possible causes of an unexplained SIGKILL', () => {
    const { code, message } = toExitReason({ ...exit, container: { exitCode: 137, outOfMemory: false } });
    expect(code).toBe('exited');
    expect(message).toContain('by SIGKILL (exit code 137), for lack of memory or by a user');
  });
});

describe('the kernel log', () => {
  const ID = '0c55a965200bdca70b5ddbea1e87bef75bb7fdb55db9f3b6ceb24c14ed358f89';
  const TEXT = `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=libpod-${ID},mems_allowed=0,oom_memcg=/libpod_parent/libpod-${ID},task_memcg=/libpod_parent/libpod-${ID},task=busybox,pid=18771,uid=1000`;

  it('is parsed with times in milliseconds', () => {
    expect(parseKernelMessage(`6,1234,4755076743,-;${TEXT}\n SUBSYSTEM=x\n`)).toEqual({
      at: 4_755_076.743,
      text: TEXT,
    });
    expect(parseKernelMessage('invalid')).toBeUndefined();
  });

  it('reports a killed process of this container, and of no other', () => {
    expect(isOomKillMessage(TEXT, ID)).toBe(true);
    expect(isOomKillMessage(TEXT, ID.replace('0c55', '0c56'))).toBe(false);
    expect(isOomKillMessage(TEXT, '')).toBe(false);
    expect(isOomKillMessage(`Killed process 1 task_memcg=${ID}`, ID)).toBe(false);
  });
});
