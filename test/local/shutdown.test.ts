import { describe, expect, test } from 'vitest';
import { Shutdown } from '#local/shutdown.ts';

describe('Closing', () => {
  test('closes in the reverse of the order of opening, one after another', async () => {
    const closing = new Shutdown();
    const closed: string[] = [];
    for (const name of ['table', 'tasks', 'front']) {
      closing.add(async () => {
        closed.push(`${name} begins`);
        await Promise.resolve();
        closed.push(`${name} ends`);
      });
    }
    await closing.run();
    expect(closed.map((line) => line.split(' ')[0])).toEqual([
      'front',
      'front',
      'tasks',
      'tasks',
      'table',
      'table',
    ]);
  });

  test('goes on after a step that fails, and fails in the end with what failed first', async () => {
    const closing = new Shutdown();
    const closed: string[] = [];
    closing.add(async () => closed.push('table'));
    closing.add(() => Promise.reject(new Error('second')));
    closing.add(() => Promise.reject(new Error('first')));
    await expect(closing.run()).rejects.toThrow('first');
    expect(closed).toEqual(['table']);
  });

  test('closes once, however often it is asked', async () => {
    const closing = new Shutdown();
    let times = 0;
    let end = () => {};
    closing.add(() => {
      times += 1;
      return new Promise<void>((resolve) => {
        end = resolve;
      });
    });
    const first = closing.run();
    let closed = false;
    const second = closing.run().then(() => {
      closed = true;
    });
    await new Promise(setImmediate);
    expect([times, closed]).toEqual([1, false]);
    end();
    await Promise.all([first, second]);
    expect(times).toBe(1);
  });
});
