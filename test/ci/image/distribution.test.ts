import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { detectDistribution } from '#ci/image/distribution.ts';

async function read(text: string) {
  const folder = await mkdtemp(join(tmpdir(), 'wb-release-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'os-release'), text);
  return await detectDistribution(join(folder, 'os-release'));
}

it('takes Debian and Ubuntu by their releases', async () => {
  expect(await read('ID=debian\nVERSION_CODENAME=bookworm\n')).toEqual({
    suite: 'bookworm',
    components: ['main'],
  });
  expect(await read('ID="ubuntu"\nVERSION_CODENAME="noble"\n')).toEqual({
    suite: 'noble',
    components: ['main', 'universe'],
  });
});

it('takes no other, and none that does not say which release it is', async () => {
  for (const text of [
    'ID=fedora\nVERSION_CODENAME=x\n',
    'ID=debian\n',
    'ID=debian\nVERSION_CODENAME="a b"\n',
    '',
  ]) {
    expect(await read(text)).toBeUndefined();
  }
  expect(await detectDistribution('/nowhere/os-release')).toBeUndefined();
});
