import { describe, expect, it } from 'vitest';
import { LocalMachine } from '#adapters/local/local-machine.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

const PROVIDER = {
  name: 'local',
  cpuUnits: 4096,
  memoryMib: 8192,
  gpuCount: 1,
  interfaces: Number.POSITIVE_INFINITY,
  price: 0,
};
const MIB = 1024 * 1024;

function machineWith(availableMib: number) {
  const clock = new ManualClock();
  const pages = [{ tasks: [{}, {}], cursor: 'more' }, { tasks: [{}] }];
  const machine = new LocalMachine({
    provider: async () => PROVIDER,
    tasks: { list: async (cursor?: string) => pages[cursor === undefined ? 0 : 1] as never },
    maxRunning: 20,
    clock,
    availableMemory: () => availableMib * MIB + 1,
  });
  return { clock, machine };
}

describe('the machine of local mode', () => {
  it('is this computer, with the limit of running workbenches and the available memory', async () => {
    const { clock, machine } = machineWith(5000);
    expect(await machine.list()).toEqual({
      complete: true,
      machines: [
        {
          machineId: 'local',
          dedicated: false,
          provider: 'local',
          state: 'active',
          agentConnected: true,
          registeredAt: clock.now(),
          trunked: false,
          tasks: 3,
          capacity: { cpuUnits: 4096, memoryMib: 8192, gpuCount: 1, interfaces: 20 },
          free: { cpuUnits: 4096, memoryMib: 5000, gpuCount: 1, interfaces: 20 },
        },
      ],
    });
  });

  it('has no more free memory than memory', async () => {
    const [machine] = (await machineWith(9000).machine.list()).machines;
    expect(machine?.free?.memoryMib).toBe(8192);
  });
});
