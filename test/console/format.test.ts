import { describe, expect, test } from 'vitest';
import {
  formatClock,
  formatCpu,
  formatMemory,
  formatSize,
  formatUsd,
  toLocalInput,
} from '#console/src/format.ts';

describe('formats', () => {
  test('show a time as minutes and seconds, and hours if there are any', () => {
    expect([0, 999, 65_000, 3_600_000, 3_665_000].map(formatClock)).toEqual([
      '0:00',
      '0:00',
      '1:05',
      '1:00:00',
      '1:01:05',
    ]);
    expect(formatClock(-5000)).toBe('0:00');
  });

  test('show sizes in the units that people use', () => {
    expect([512, 1024, 1536, 2048].map(formatMemory)).toEqual(['512 MiB', '1 GiB', '1.5 GiB', '2 GiB']);
    expect([128, 1024, 1536].map(formatCpu)).toEqual(['0.13 vCPU', '1 vCPU', '1.5 vCPU']);
    const size = { requested_cpu: 1024, requested_memory: 2048, requested_gpu: 0 };
    expect(formatSize(size)).toBe('1 vCPU, 2 GiB');
    expect(formatSize({ ...size, requested_gpu: 2 })).toBe('1 vCPU, 2 GiB, 2 GPU');
  });

  test('fill an input of the browser with a time that it reads as the same time', () => {
    const iso = '2030-07-01T10:20:00.000Z';
    expect(new Date(toLocalInput(iso)).toISOString()).toBe(iso);
  });

  test('show small amounts of money with more digits', () => {
    expect([0, 0.0512, 12.3].map(formatUsd)).toEqual(['$0.00', '$0.051', '$12.30']);
  });
});
