import { describe, expect, it } from 'vitest';
import { PortError } from '#core/ports/port-error.ts';
import { UnreadableRecord } from '#core/ports/workbench-store.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { build } from '#functions/drive/drive.ts';
import { writeMessage } from '#functions/drive/message.ts';
import { instead } from '#test/simulation/instead.ts';
import { withWorkbench } from '../api/life-of-a-workbench.ts';

const OTHER = { userId: 'bob', workbenchId: '01k5w3p8xg7t2mzq4v9r6ehbnc' };

function batch(...bodies: readonly string[]) {
  return { Records: bodies.map((body, i) => ({ messageId: `m${i + 1}`, body })) };
}

describe('the function behind the work queue', () => {
  it('drives the workbenches that are named', async () => {
    const { world, ports, settings, key } = await withWorkbench();
    const drive = build(ports, settings);
    expect(await drive(batch(writeMessage(key)))).toEqual({ batchItemFailures: [] });
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
    const bodies = [writeMessage(key), writeMessage(OTHER), writeMessage(key)];
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
    const bodies = [writeMessage(OTHER), writeMessage(key), writeMessage(OTHER)];
    expect(await drive(batch(...bodies))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }, { itemIdentifier: 'm3' }],
    });
  });

  it('drops a message that names no workbench, and says so', async () => {
    const { world, ports, settings } = await withWorkbench();
    expect(await build(ports, settings)(batch('{', '{}'))).toEqual({ batchItemFailures: [] });
    expect(world.telemetry.counts.get('message_dropped')).toBe(2);
  });

  it('sets a record aside that cannot be read, says so, and goes on with the others', async () => {
    const { world, ports, settings, key } = await withWorkbench();
    const postponed: number[] = [];
    const workbenches = instead(ports.workbenches, {
      read: async (asked) => {
        if (asked.userId === 'bob') throw new UnreadableRecord(asked, 'nonsense');
        return world.stores.workbenches.read(asked);
      },
      postpone: async (_key, now, until) => {
        postponed.push(until - now);
      },
    });
    const drive = build({ ...ports, workbenches }, settings);
    expect(await drive(batch(writeMessage(OTHER), writeMessage(key)))).toEqual({ batchItemFailures: [] });
    expect(postponed).toEqual([3_600_000]);
    expect(world.telemetry.counts.get('unreadable_record')).toBe(1);
    expect((await world.read(key)).status).not.toBe('starting');
  });

  it('answers an empty batch', async () => {
    const { ports, settings } = await withWorkbench();
    expect(await build(ports, settings)(batch())).toEqual({ batchItemFailures: [] });
  });
});
