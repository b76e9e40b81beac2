import { describe, expect, it } from 'vitest';
import type { FreeCapacity } from '#core/ports/capacity-catalog.ts';
import { executeEffect } from '#core/workbench/execute-effect.ts';
import { starting } from '#test/builders/workbench.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const effect = { type: 'place_run', runId: 'run1', attempt: 1 } as const;

/** Ports whose catalog counts how often the free capacity is read. */
function recordingPorts(freeCapacity: readonly FreeCapacity[] = []) {
  const { ports } = new MemoryWorld();
  const calls: unknown[] = [];
  const catalog = overrideMethods(ports.catalog, {
    freeCapacity: async () => {
      calls.push('freeCapacity');
      return freeCapacity;
    },
    reserve: (provider, { cpuUnits }) => {
      calls.push({ provider, cpuUnits });
    },
  });
  return { ports: { ...ports, catalog }, calls };
}

describe('placing a run', () => {
  it('reads the free capacity once and returns the chosen provider', async () => {
    const { ports, calls } = recordingPorts();
    const workbench = starting({ spec: { cpuUnits: 1024, memoryMib: 2048, gpuCount: 0 } });
    expect(await executeEffect(ports, workbench, effect)).toEqual({
      type: 'run_placed',
      runId: 'run1',
      attempt: 1,
      placement: { kind: 'provider', provider: 'small' },
      // Half of an instance, for 0.10 USD an hour.
      rate: 50_000,
    });
    expect(calls).toEqual(['freeCapacity', { provider: 'small', cpuUnits: 1024 }]);
  });

  it('refuses a request that does not fit, for any reported free capacity', async () => {
    const spec = { cpuUnits: 1024, memoryMib: 999_999, gpuCount: 0 };
    const { ports, calls } = recordingPorts([{ provider: 'small', ...spec, interfaces: 1 }]);
    expect(await executeEffect(ports, starting({ spec }), effect)).toMatchObject({
      type: 'run_refused',
      reason: { code: 'cannot_fit' },
      retryable: false,
    });
    expect(calls).toEqual(['freeCapacity']);
  });

  it('reads no free capacity for a workbench with a host', async () => {
    const { ports, calls } = recordingPorts();
    const host = { instanceType: 'm7i.large', generation: 1, state: 'running', instanceId: 'i-1' } as const;
    expect(await executeEffect(ports, starting({ host } as never), effect)).toMatchObject({
      type: 'run_placed',
      placement: { kind: 'host', instanceId: 'i-1' },
    });
    expect(calls).toEqual([]);
  });
});
