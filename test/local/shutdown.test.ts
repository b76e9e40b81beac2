import { describe, expect, test } from 'vitest';
import { Shutdown } from '#local/shutdown.ts';

describe('Shutdown', () => {
  test('runs the steps one after another in reverse order', async () => {
    const shutdown = new Shutdown();
    const closed: string[] = [];
    for (const name of ['table', 'tasks', 'gateway']) {
      shutdown.add(async () => {
        closed.push(`${name} begins`);
        await Promise.resolve();
        closed.push(`${name} ends`);
      });
    }
    await shutdown.run();
    expect(closed.map((line) => line.split(' ')[0])).toEqual([
      'gateway',
      'gateway',
      'tasks',
      'tasks',
      'table',
      'table',
    ]);
  });

  test('runs all steps after a failure and throws the first error', async () => {
    const shutdown = new Shutdown();
    const closed: string[] = [];
    shutdown.add(async () => closed.push('table'));
    shutdown.add(() => Promise.reject(new Error('second')));
    shutdown.add(() => Promise.reject(new Error('first')));
    await expect(shutdown.run()).rejects.toThrow('first');
    expect(closed).toEqual(['table']);
  });

  test('runs the steps once for several calls', async () => {
    const shutdown = new Shutdown();
    let times = 0;
    let end = () => {};
    shutdown.add(() => {
      times += 1;
      return new Promise<void>((resolve) => {
        end = resolve;
      });
    });
    const first = shutdown.run();
    let closed = false;
    const second = shutdown.run().then(() => {
      closed = true;
    });
    await new Promise(setImmediate);
    expect([times, closed]).toEqual([1, false]);
    end();
    await Promise.all([first, second]);
    expect(times).toBe(1);
  });
});
