import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startEmulator } from '#tools/aws-emulators/emulator.ts';

/** Whether somebody listens there. */
async function isUp(endpoint: string): Promise<boolean> {
  return fetch(endpoint).then(
    () => true,
    () => false,
  );
}

it.each(['moto', 'ministack'])(
  'ends %s with the process that started it, even when that is killed',
  async (name) => {
    const parent = spawn(process.execPath, [join(import.meta.dirname, 'starting-emulator.ts'), name], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said] = await once(parent.stdout, 'data');
    const endpoint = String(said).trim();
    expect(await isUp(endpoint)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => isUp(endpoint), { timeout: 20_000 }).toBe(false);
  },
);

it('ends an emulator that is told to, and only that one', async () => {
  const [one, other] = await Promise.all([startEmulator('moto'), startEmulator('moto')]);
  await one.stop();
  expect([await isUp(one.endpoint), await isUp(other.endpoint)]).toEqual([false, true]);
  await other.stop();
  await other.stop();
  expect(await isUp(other.endpoint)).toBe(false);
});
