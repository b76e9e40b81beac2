import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startEmulator } from '#tools/aws-emulators/emulator.ts';

/** Whether a server responds at this endpoint. */
async function isUp(endpoint: string): Promise<boolean> {
  return fetch(endpoint).then(
    () => true,
    () => false,
  );
}

it.each(['moto', 'ministack'])(
  '%s exits with the process that started it, even if that is killed',
  async (name) => {
    const parent = spawn(process.execPath, [join(import.meta.dirname, 'emulator-process.ts'), name], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [output] = await once(parent.stdout, 'data');
    const endpoint = String(output).trim();
    expect(await isUp(endpoint)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => isUp(endpoint), { timeout: 20_000 }).toBe(false);
  },
);

it('stop() ends one emulator and no other', async () => {
  const [one, other] = await Promise.all([startEmulator('moto'), startEmulator('moto')]);
  await one.stop();
  expect([await isUp(one.endpoint), await isUp(other.endpoint)]).toEqual([false, true]);
  await other.stop();
  await other.stop();
  expect(await isUp(other.endpoint)).toBe(false);
});
