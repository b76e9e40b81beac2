import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SignInStore } from '../../../clients/cli/src/sign-in-store.ts';

const API = 'https://api.example';

let config: string;
let store: SignInStore;
/** The name of the lock, known once it was taken. */
let lock: string;

beforeEach(async () => {
  vi.useFakeTimers();
  config = mkdtempSync(join(tmpdir(), 'wb-sign-in-'));
  store = new SignInStore(API, { XDG_CONFIG_HOME: config });
  const folder = join(config, 'workbench');
  lock = await store.withLock(() =>
    join(folder, readdirSync(folder).find((name) => name.endsWith('.lock')) ?? ''),
  );
});

afterEach(() => {
  vi.useRealTimers();
  rmSync(config, { recursive: true });
});

/** Writes a file of a process that was killed two minutes ago. */
function leave(file: string): void {
  writeFileSync(file, 'another');
  const then = Date.now() / 1000 - 120;
  utimesSync(file, then, then);
}

/** Waits for the lock. */
function wait() {
  const action = vi.fn<() => void>();
  const done = store.withLock(action);
  return { action, done };
}

const pass = () => vi.advanceTimersByTimeAsync(1000);

describe('the lock of a sign-in', () => {
  it('is held by one at a time, and removed afterwards', async () => {
    const first = Promise.withResolvers<void>();
    const held = store.withLock(() => first.promise);
    const { action, done } = wait();
    await pass();
    expect(action).not.toHaveBeenCalled();
    first.resolve();
    await held;
    await pass();
    await done;
    expect(action).toHaveBeenCalledOnce();
    expect(existsSync(lock)).toBe(false);
  });

  it('of a process that was killed is taken after a minute', async () => {
    leave(lock);
    const { action, done } = wait();
    await pass();
    await done;
    expect(action).toHaveBeenCalledOnce();
  });

  it('of a process that was killed is left to the one that removes it at present', async () => {
    leave(lock);
    writeFileSync(`${lock}.removal`, '');
    const { action, done } = wait();
    await pass();
    expect(action).not.toHaveBeenCalled();
    expect(existsSync(lock)).toBe(true);
    rmSync(`${lock}.removal`);
    await pass();
    await done;
    expect(action).toHaveBeenCalledOnce();
  });

  it('is taken although a process was killed while it removed one', async () => {
    leave(lock);
    leave(`${lock}.removal`);
    const { action, done } = wait();
    await pass();
    await done;
    expect(action).toHaveBeenCalledOnce();
    expect(readdirSync(join(config, 'workbench'))).toEqual([]);
  });

  it('that another process has taken over is not removed by the one that had it', async () => {
    await store.withLock(() => writeFileSync(lock, 'another'));
    expect(existsSync(lock)).toBe(true);
  });
});
