import { expect, it } from 'vitest';
import type { VolumeUse } from '#adapters/local/directories/volume-limits.ts';
import type { TaskObservation } from '#core/ports/task-runner.ts';
import { VolumeSpace } from '#local/volume-space.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { TelemetryRecorder } from './telemetry-recorder.ts';

const LOW = 'the folder of a workbench is almost full';

function watch() {
  const timers = new ManualClock();
  const telemetry = new TelemetryRecorder();
  const used = new Map<string, number>();
  const folders = new VolumeSpace({
    machines: {
      listAllTasks: async () => [...used.keys()].map((workbenchId) => ({ workbenchId }) as TaskObservation),
    },
    volumes: {
      readUse: async (id): Promise<VolumeUse | undefined> => {
        const usedBytes = used.get(id) ?? 0;
        return usedBytes < 0 ? undefined : { usedBytes, maxBytes: 1000 };
      },
    },
    timers,
    telemetry,
  });
  folders.start();
  const change = async (id: string, usedBytes: number | undefined) => {
    if (usedBytes === undefined) used.delete(id);
    else used.set(id, usedBytes);
    await timers.advanceAsync(10_000);
    return folders.warning(id);
  };
  return { folders, change, messages: () => telemetry.lines.map(({ message }) => message) };
}

it('warns once of a folder with less than a twentieth of its limit, until there is more', async () => {
  const { folders, change, messages } = watch();
  expect(await change('one', 950)).toBeUndefined();
  expect(await change('one', 951)).toBe('volume_almost_full');
  expect(await change('one', 941)).toBe('volume_almost_full');
  expect(await change('two', 10)).toBeUndefined();
  expect(messages()).toEqual([LOW]);
  expect(await change('one', 940)).toBeUndefined();
  expect(await change('one', 1000)).toBe('volume_almost_full');
  expect(messages()).toEqual([LOW, LOW]);
  await folders.stop();
});

it('says nothing of folders without a limit, and of workbenches that run no more', async () => {
  const { folders, change } = watch();
  expect(await change('one', -1)).toBeUndefined();
  expect(await change('one', 999)).toBe('volume_almost_full');
  expect(await change('one', undefined)).toBeUndefined();
  await folders.stop();
});
