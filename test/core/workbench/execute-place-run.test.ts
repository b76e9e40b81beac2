import { describe, expect, it } from 'vitest';
import type { FreeCapacity } from '#core/ports/capacity-catalog.ts';
import { executeEffect } from '#core/workbench/execute-effect.ts';
import { starting } from '#test/builders/workbench.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';

const effect = { type: 'place_run', runId: 'run1', attempt: 1 } as const;

/** Ports whose catalog counts what it is asked for room. */
function recordingPorts(room: readonly FreeCapacity[] = []) {
  const { ports } = new MemoryWorld();
  const asked: unknown[] = [];
  const catalog = overrideMethods(ports.catalog, {
    freeCapacity: async () => {
      asked.push('freeCapacity');
      return room;
    },
    reserve: (provider, { cpuUnits }) => {
      asked.push({ provider, cpuUnits });
    },
  });
  return { ports: { ...ports, catalog }, asked };
}

describe('placing a run', () => {
  it('asks for room once, and says where the run goes', async () => {
    const { ports, asked } = recordingPorts();
    const workbench = starting({ spec: { cpuUnits: 1024, memoryMib: 2048, gpuCount: 0 } });
    expect(await executeEffect(ports, workbench, effect)).toEqual({
      type: 'run_placed',
      runId: 'run1',
      attempt: 1,
      placement: { kind: 'provider', provider: 'small' },
    });
    expect(asked).toEqual(['freeCapacity', { provider: 'small', cpuUnits: 1024 }]);
  });

  it('refuses what nothing can hold, whatever room is told of', async () => {
    const spec = { cpuUnits: 1024, memoryMib: 999_999, gpuCount: 0 };
    const { ports, asked } = recordingPorts([{ provider: 'small', ...spec }]);
    expect(await executeEffect(ports, starting({ spec }), effect)).toMatchObject({
      type: 'run_refused',
      reason: { code: 'cannot_fit' },
      retryable: false,
    });
    expect(asked).toEqual(['freeCapacity']);
  });

  it('asks for no room when there is a machine of its own', async () => {
    const { ports, asked } = recordingPorts();
    const host = { instanceType: 'm7i.large', generation: 1, state: 'running', instanceId: 'i-1' } as const;
    expect(await executeEffect(ports, starting({ host } as never), effect)).toMatchObject({
      type: 'run_placed',
      placement: { kind: 'host', instanceId: 'i-1' },
    });
    expect(asked).toEqual([]);
  });
});
