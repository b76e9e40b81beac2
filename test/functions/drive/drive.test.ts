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

describe('drive', () => {
  it('drives the workbenches in the messages', async () => {
    const { world, ports, settings, key } = await withWorkbench();
    const drive = build(ports, settings);
    expect(await drive(batch(toWorkMessage(key)))).toEqual({ batchItemFailures: [] });
    expect((await world.read(key)).status).not.toBe('starting');
  });

  it('drives a workbench in two messages once, and ignores a deleted one', async () => {
    const { ports, settings, key } = await withWorkbench();
    const reads: WorkbenchKey[] = [];
    const workbenches = Object.assign(Object.create(ports.workbenches), {
      read: async (key: WorkbenchKey) => {
        reads.push(key);
        return undefined;
      },
    });
    const drive = build({ ...ports, workbenches }, settings);
    const bodies = [toWorkMessage(key), toWorkMessage(OTHER), toWorkMessage(key)];
    expect(await drive(batch(...bodies))).toEqual({ batchItemFailures: [] });
    expect(reads).toEqual([key, OTHER]);
  });

  it('returns only the messages whose workbench could not be driven', async () => {
    const { ports, settings, key } = await withWorkbench();
    const workbenches = Object.assign(Object.create(ports.workbenches), {
      read: async (key: WorkbenchKey) => {
        if (key.userId === 'bob') throw new PortError('throttled', 'table busy');
        return undefined;
      },
    });
    const drive = build({ ...ports, workbenches }, settings);
    const bodies = [toWorkMessage(OTHER), toWorkMessage(key), toWorkMessage(OTHER)];
    expect(await drive(batch(...bodies))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }, { itemIdentifier: 'm3' }],
    });
  });

  it('drops and counts a message without a workbench key', async () => {
    const { world, ports, settings } = await withWorkbench();
    expect(await build(ports, settings)(batch('{', '{}'))).toEqual({ batchItemFailures: [] });
    expect(world.telemetry.counts.get('invalid_message_dropped')).toBe(2);
  });

  it('postpones and counts an unreadable record, and drives the others', async () => {
    const { world, ports, settings, key } = await withWorkbench();
    const postponed: number[] = [];
    const workbenches = overrideMethods(ports.workbenches, {
      read: async (requested) => {
        if (requested.userId === 'bob') throw new UnreadableRecord(requested, 'nonsense');
        return world.stores.workbenches.read(requested);
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

  it('handles an empty batch', async () => {
    const { ports, settings } = await withWorkbench();
    expect(await build(ports, settings)(batch())).toEqual({ batchItemFailures: [] });
  });
});

describe('drive without the EC2 client', () => {
  const DEDICATED = { allocated_instance_type: 'm7i.large' };

  /** A world with one workbench with a host, `drive` without the host fleet, and `drive-host` with it. */
  async function bothFunctions() {
    const { world, ports, settings, key } = await withWorkbench(DEDICATED);
    const hostQueue = new MemoryWorkQueue(world.clock);
    return {
      world,
      ports,
      key,
      hostQueue,
      drive: build({ ...ports, hosts: unavailableHostFleet, hostQueue }, settings),
      driveHost: build({ ...ports, queue: hostQueue }, settings),
    };
  }

  it('forwards a workbench that needs a host, and keeps the effects that succeeded before', async () => {
    const { world, key, hostQueue, drive } = await bothFunctions();
    expect(await drive(batch(toWorkMessage(key)))).toEqual({ batchItemFailures: [] });
    expect(hostQueue.takeDue()).toEqual(key);
    expect(hostQueue.size).toBe(0);
    expect(await world.read(key)).toMatchObject({ status: 'starting', mount: expect.anything() });
    expect(world.telemetry.counts.get('drive_failed')).toBeUndefined();
    expect(world.telemetry.counts.get('effect_failed')).toBeUndefined();
  });

  it('drives a workbench that needs no host', async () => {
    const { world, ports, settings, key } = await withWorkbench();
    const hostQueue = new MemoryWorkQueue(world.clock);
    const drive = build({ ...ports, hosts: unavailableHostFleet, hostQueue }, settings);
    await drive(batch(toWorkMessage(key)));
    expect((await world.read(key)).status).not.toBe('starting');
    expect(hostQueue.size).toBe(0);
  });

  it('returns the message if the workbench could not be forwarded', async () => {
    const { ports, settings, key } = await withWorkbench(DEDICATED);
    const failingQueue = {
      send: async () => {
        throw new PortError('unavailable', 'no response');
      },
    };
    const drive = build({ ...ports, hosts: unavailableHostFleet, hostQueue: failingQueue }, settings);
    expect(await drive(batch(toWorkMessage(key)))).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
  });

  it('never gets a workbench back: drive-host continues with its own queue', async () => {
    const { world, key, hostQueue, drive, driveHost } = await bothFunctions();
    await drive(batch(toWorkMessage(key)));
    while (world.queue.takeDue());
    let messages = 0;
    for (let second = 0; second < 600 && (await world.read(key)).status !== 'running'; second += 1) {
      for (let next = hostQueue.takeDue(); next !== undefined; next = hostQueue.takeDue()) {
        messages += 1;
        expect(await driveHost(batch(toWorkMessage(next)))).toEqual({ batchItemFailures: [] });
      }
      await world.clock.advanceAsync(1000);
    }
    expect((await world.read(key)).status).toBe('running');
    expect(messages).toBeGreaterThan(1);
    expect(world.queue.size).toBe(0);
  });

  it('returns the message if there is no queue to forward it to', async () => {
    const { ports, settings, key } = await withWorkbench(DEDICATED);
    const drive = build({ ...ports, hosts: unavailableHostFleet }, settings);
    expect(await drive(batch(toWorkMessage(key)))).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
  });

  it.each([...Object.entries(unavailableHostFleet), ...Object.entries(unavailableInstances)])(
    '%s throws PortNotAvailableHere',
    async (_, method: () => Promise<never>) => {
      await expect(method()).rejects.toBeInstanceOf(PortNotAvailableHere);
    },
  );
});
