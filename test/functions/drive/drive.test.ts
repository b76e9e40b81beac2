import { describe, expect, it } from 'vitest';
import { PortError } from '#core/ports/port-error.ts';
import { UnreadableRecord } from '#core/ports/workbench-store.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { build } from '#functions/drive/drive.ts';
import { toWorkMessage } from '#functions/drive/drive-batch.ts';
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
