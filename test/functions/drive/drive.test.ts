import { describe, expect, it } from 'vitest';
import { PortError } from '#core/ports/port-error.ts';
import { UnreadableRecord } from '#core/ports/workbench-store.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { build } from '#functions/drive/drive.ts';
import {
  PortNotAvailableHere,
  unavailableHostFleet,
  unavailableInstances,
} from '#functions/drive/unavailable-ports.ts';
import { toWorkMessage } from '#functions/drive/work-message.ts';
import { MemoryWorkQueue } from '#test/memory/memory-work-queue.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';
import { withWorkbench } from '../api/with-workbench.ts';

const OTHER = { userId: 'bob', workbenchId: '01k5w3p8xg7t2mzq4v9r6ehbnc' };

function batch(...bodies: readonly string[]) {
  return { Records: bodies.map((body, i) => ({ messageId: `m${i + 1}`, body })) };
}

describe('the function behind the work queue', () => {
  it('drives the workbenches that are named', async () => {
    const { world, ports, settings, key } = await withWorkbench();
    const drive = build(ports, settings);
    expect(await drive(batch(toWorkMessage(key)))).toEqual({ batchItemFailures: [] });
    expect((await world.read(key)).status).not.toBe('starting');
  });

  it('drives one named twice once, and one that is no more not at all', async () => {
    const { ports, settings, key } = await withWorkbench();
    const read: WorkbenchKey[] = [];
    const workbenches = Object.assign(Object.create(ports.workbenches), {
      read: async (asked: WorkbenchKey) => {
        read.push(asked);
        return undefined;
      },
    });
    const drive = build({ ...ports, workbenches }, settings);
    const bodies = [toWorkMessage(key), toWorkMessage(OTHER), toWorkMessage(key)];
    expect(await drive(batch(...bodies))).toEqual({ batchItemFailures: [] });
    expect(read).toEqual([key, OTHER]);
  });

  it('has only the messages delivered again whose workbench could not be driven', async () => {
    const { ports, settings, key } = await withWorkbench();
    const workbenches = Object.assign(Object.create(ports.workbenches), {
      read: async (asked: WorkbenchKey) => {
        if (asked.userId === 'bob') throw new PortError('throttled', 'table busy');
        return undefined;
      },
    });
    const drive = build({ ...ports, workbenches }, settings);
    const bodies = [toWorkMessage(OTHER), toWorkMessage(key), toWorkMessage(OTHER)];
    expect(await drive(batch(...bodies))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }, { itemIdentifier: 'm3' }],
    });
  });

  it('drops a message that names no workbench, and says so', async () => {
    const { world, ports, settings } = await withWorkbench();
    expect(await build(ports, settings)(batch('{', '{}'))).toEqual({ batchItemFailures: [] });
    expect(world.telemetry.counts.get('invalid_message_dropped')).toBe(2);
  });

  it('sets a record aside that cannot be read, says so, and goes on with the others', async () => {
    const { world, ports, settings, key } = await withWorkbench();
    const postponed: number[] = [];
    const workbenches = overrideMethods(ports.workbenches, {
      read: async (asked) => {
        if (asked.userId === 'bob') throw new UnreadableRecord(asked, 'nonsense');
        return world.stores.workbenches.read(asked);
      },
      postpone: async (_key, now, until) => {
        postponed.push(until - now);
      },
    });
    const drive = build({ ...ports, workbenches }, settings);
    expect(await drive(batch(toWorkMessage(OTHER), toWorkMessage(key)))).toEqual({ batchItemFailures: [] });
    expect(postponed).toEqual([3_600_000]);
    expect(world.telemetry.counts.get('unreadable_record')).toBe(1);
    expect((await world.read(key)).status).not.toBe('starting');
  });

  it('answers an empty batch', async () => {
    const { ports, settings } = await withWorkbench();
    expect(await build(ports, settings)(batch())).toEqual({ batchItemFailures: [] });
  });
});

describe('without the client of EC2', () => {
  const DEDICATED = { allocated_instance_type: 'm7i.large' };

  /** The world with one dedicated workbench, `drive` without machines, and `drive-host` with them. */
  async function bothFunctions() {
    const { world, ports, settings, key } = await withWorkbench(DEDICATED);
    const hostQueue = new MemoryWorkQueue(world.clock);
    return {
      world,
      ports,
      key,
      hostQueue,
      drive: build({ ...ports, hosts: unavailableHostFleet, hostQueue: hostQueue }, settings),
      driveHost: build({ ...ports, queue: hostQueue }, settings),
    };
  }

  it('hands a workbench on that needs a machine, and what is done until then is done', async () => {
    const { world, key, hostQueue, drive } = await bothFunctions();
    expect(await drive(batch(toWorkMessage(key)))).toEqual({ batchItemFailures: [] });
    expect(hostQueue.takeDue()).toEqual(key);
    expect(hostQueue.size).toBe(0);
    expect(await world.read(key)).toMatchObject({ status: 'starting', mount: expect.anything() });
    expect(world.telemetry.counts.get('drive_failed')).toBeUndefined();
    expect(world.telemetry.counts.get('effect_failed')).toBeUndefined();
  });

  it('drives one that needs no machine to itself', async () => {
    const { world, ports, settings, key } = await withWorkbench();
    const hostQueue = new MemoryWorkQueue(world.clock);
    const drive = build({ ...ports, hosts: unavailableHostFleet, hostQueue: hostQueue }, settings);
    await drive(batch(toWorkMessage(key)));
    expect((await world.read(key)).status).not.toBe('starting');
    expect(hostQueue.size).toBe(0);
  });

  it('has the message delivered again when it could not be handed on', async () => {
    const { ports, settings, key } = await withWorkbench(DEDICATED);
    const elsewhere = {
      send: async () => {
        throw new PortError('unavailable', 'no answer');
      },
    };
    const drive = build({ ...ports, hosts: unavailableHostFleet, hostQueue: elsewhere }, settings);
    expect(await drive(batch(toWorkMessage(key)))).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
  });

  it('is never handed back: whoever has the machines goes on by the queue of its own', async () => {
    const { world, key, hostQueue, drive, driveHost } = await bothFunctions();
    await drive(batch(toWorkMessage(key)));
    while (world.queue.takeDue());
    let handed = 0;
    for (let second = 0; second < 600 && (await world.read(key)).status !== 'running'; second += 1) {
      for (let next = hostQueue.takeDue(); next !== undefined; next = hostQueue.takeDue()) {
        handed += 1;
        expect(await driveHost(batch(toWorkMessage(next)))).toEqual({ batchItemFailures: [] });
      }
      await world.clock.advanceAsync(1000);
    }
    expect((await world.read(key)).status).toBe('running');
    expect(handed).toBeGreaterThan(1);
    expect(world.queue.size).toBe(0);
  });

  it('is a fault where there is nobody to hand it to', async () => {
    const { ports, settings, key } = await withWorkbench(DEDICATED);
    const drive = build({ ...ports, hosts: unavailableHostFleet }, settings);
    expect(await drive(batch(toWorkMessage(key)))).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
  });

  it.each([...Object.entries(unavailableHostFleet), ...Object.entries(unavailableInstances)])(
    '%s is elsewhere',
    async (_, method: () => Promise<never>) => {
      await expect(method()).rejects.toBeInstanceOf(PortNotAvailableHere);
    },
  );
});
