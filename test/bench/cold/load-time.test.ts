import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { measureLoadTimes } from '../../../bench/cold/load-time.ts';

describe('measureLoadTimes', () => {
  it('loads the modules alternately and returns the medians', () => {
    const loaded: string[] = [];
    const durations = [1, 10, 9, 20, 2, 30];
    const times = measureLoadTimes(
      new Map([
        ['a', '/a.js'],
        ['b', '/b.js'],
      ]),
      3,
      (file) => {
        loaded.push(file);
        return durations[loaded.length - 1] ?? Number.NaN;
      },
    );
    expect(loaded).toEqual(['/a.js', '/b.js', '/a.js', '/b.js', '/a.js', '/b.js']);
    expect([...times]).toEqual([
      ['a', 2],
      ['b', 20],
    ]);
  });

  describe('with real modules', () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'load-'));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    it('measures only the load of the module', async () => {
      const busy = join(folder, 'busy.js');
      const idle = join(folder, 'idle.js');
      await writeFile(busy, 'const end = performance.now() + 100; while (performance.now() < end);');
      await writeFile(idle, 'setInterval(() => {}, 1000);');
      const times = measureLoadTimes(
        new Map([
          ['busy', busy],
          ['idle', idle],
        ]),
        1,
      );
      expect(times.get('busy')).toBeGreaterThanOrEqual(100);
      expect(times.get('idle')).toBeLessThan(times.get('busy') ?? 0);
    });

    it('throws if a module cannot be loaded', async () => {
      const broken = join(folder, 'broken.js');
      await writeFile(broken, 'throw new Error("broken");');
      expect(() => measureLoadTimes(new Map([['broken', broken]]), 1)).toThrow();
    });
  });
});
