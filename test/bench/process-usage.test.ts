import { describe, expect, it } from 'vitest';
import { readCpuMs, readMemory } from '../../bench/process-usage.ts';

describe.skipIf(process.platform !== 'linux')('the usage of a process', () => {
  it('has the processor time that Node.js reports', () => {
    const reported = () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    };
    const before = reported();
    const read = readCpuMs(process.pid);
    // The kernel counts user and system time separately, in ticks of at most 10 ms.
    expect(read).toBeGreaterThanOrEqual(before - 20);
    expect(read).toBeLessThanOrEqual(reported() + 20);
  });

  it('has the memory that Node.js reports', () => {
    const { resident, peak } = readMemory(process.pid);
    expect(Math.abs(resident - process.memoryUsage.rss() / 2 ** 20)).toBeLessThan(64);
    expect(peak).toBeGreaterThanOrEqual(resident);
  });
});
