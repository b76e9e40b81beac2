import { describe, expect, it } from 'vitest';
import {
  isOomKillMessage,
  parseKernelMessage,
  toExitReason,
} from '#adapters/local/containers/exit-reason.ts';

const facts = { kernelOomKilled: false, memoryMib: 512, outputName: 'logs/wb1/run1.log' };

describe('why a container ended', () => {
  it('is its exit code', () => {
    const seen = { exitCode: 3, outOfMemory: false };
    expect(toExitReason({ ...facts, seen })).toEqual({
      code: 'exited',
      message: 'Its main process ended with exit code 3. Its output is in logs/wb1/run1.log.',
    });
  });

  it('is a want of memory when the engine or the kernel says so, whatever the exit code', () => {
    for (const exitCode of [0, 1, 137]) {
      for (const [outOfMemory, kernelOomKilled] of [
        [true, false],
        [false, true],
      ] as const) {
        const { code, message } = toExitReason({
          ...facts,
          seen: { exitCode, outOfMemory },
          kernelOomKilled,
        });
        expect(code).toBe('out_of_memory');
        expect(message).toContain('512 MiB');
      }
    }
  });

  it('is left open between two where nobody says who sent SIGKILL', () => {
    const { code, message } = toExitReason({ ...facts, seen: { exitCode: 137, outOfMemory: false } });
    expect(code).toBe('exited');
    expect(message).toContain('by SIGKILL (exit code 137), as by want of memory or by hand');
  });
});

describe('the kernel’s log', () => {
  const ID = '0c55a965200bdca70b5ddbea1e87bef75bb7fdb55db9f3b6ceb24c14ed358f89';
  const TEXT = `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=libpod-${ID},mems_allowed=0,oom_memcg=/libpod_parent/libpod-${ID},task_memcg=/libpod_parent/libpod-${ID},task=busybox,pid=18771,uid=1000`;

  it('is read with its time, microseconds made milliseconds', () => {
    expect(parseKernelMessage(`6,1234,4755076743,-;${TEXT}\n SUBSYSTEM=x\n`)).toEqual({
      at: 4_755_076.743,
      text: TEXT,
    });
    expect(parseKernelMessage('nonsense')).toBeUndefined();
  });

  it('says that something in this container was ended, and in no other', () => {
    expect(isOomKillMessage(TEXT, ID)).toBe(true);
    expect(isOomKillMessage(TEXT, ID.replace('0c55', '0c56'))).toBe(false);
    expect(isOomKillMessage(TEXT, '')).toBe(false);
    expect(isOomKillMessage(`Killed process 1 task_memcg=${ID}`, ID)).toBe(false);
  });
});
