import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { detectDistribution } from '#ci/image/distribution.ts';

async function detect(text: string) {
  const folder = await mkdtemp(join(tmpdir(), 'wb-release-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'os-release'), text);
  return await detectDistribution(join(folder, 'os-release'));
}

it('detects releases of Debian and Ubuntu', async () => {
  expect(await detect('ID=debian\nVERSION_CODENAME=bookworm\n')).toEqual({
    suite: 'bookworm',
    components: ['main'],
  });
  expect(await detect('ID="ubuntu"\nVERSION_CODENAME="noble"\n')).toEqual({
    suite: 'noble',
    components: ['main', 'universe'],
  });
});

it('returns undefined for other distributions and without a release name', async () => {
  for (const text of [
    'ID=fedora\nVERSION_CODENAME=x\n',
    'ID=debian\n',
    'ID=debian\nVERSION_CODENAME="a b"\n',
    '',
  ]) {
    expect(await detect(text)).toBeUndefined();
  }
  expect(await detectDistribution('/nowhere/os-release')).toBeUndefined();
});
