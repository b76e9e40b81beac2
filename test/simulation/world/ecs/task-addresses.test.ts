import { describe, expect, it } from 'vitest';
import { Tape } from '../../tape.ts';
import { HazardDraws } from '../hazards.ts';
import { TaskAddresses } from './task-addresses.ts';
import type { Task } from './types.ts';

function taskOf(workbenchId: string, state: Partial<Task> = {}): Task {
  return { workbenchId, lastStatus: 'RUNNING', ...state } as Task;
}

function addressesWith(addressReused: number): TaskAddresses {
  return new TaskAddresses(new HazardDraws(new Tape([]), { addressReused }));
}

describe('the addresses of simulated tasks', () => {
  it('gives the address of an ended task to the next task of another workbench', () => {
    const addresses = addressesWith(1);
    const first = taskOf('a');
    const address = addresses.assign(first);
    expect(addresses.assign(taskOf('b'))).not.toBe(address);
    first.lastStatus = 'STOPPED';
    expect(addresses.assign(taskOf('a'))).not.toBe(address);
    const next = taskOf('b');
    expect(addresses.assign(next)).toBe(address);
    expect(addresses.holderOf(address)).toBe(next);
  });

  it('keeps the address of a stopped task whose container still runs', () => {
    const addresses = addressesWith(1);
    const container = { endedAt: undefined } as unknown as NonNullable<Task['container']>;
    const address = addresses.assign(taskOf('a', { lastStatus: 'STOPPED', container }));
    expect(addresses.assign(taskOf('b'))).not.toBe(address);
    container.endedAt = 1;
    expect(addresses.assign(taskOf('b'))).toBe(address);
  });

  it('uses no address again in a world without the hazard', () => {
    const addresses = addressesWith(0);
    const address = addresses.assign(taskOf('a', { lastStatus: 'STOPPED' }));
    expect(addresses.assign(taskOf('b'))).not.toBe(address);
  });
});
