import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LocalServer, SERVER_ALONE } from '#test/e2e/local-server.ts';
import { TINY_SERVER } from '#test/flows/open-server.ts';
import { BTRFS, LOOP, mountForTest, mountImageForTest, writeUntilRefused } from './mounts.ts';
import { LINUX, programOf, skipUnlessMet } from './needs.ts';
import { call, createMany, waitFor, waitUntilGone } from './requests.ts';

const SETTINGS = { WB_BOOT_COMMAND: TINY_SERVER, WB_LOCAL_VOLUME_MIB: '16' };
const MIB = 2 ** 20;

function start(dataDir: string, settings: Readonly<Record<string, string>> = {}): Promise<LocalServer> {
  return LocalServer.start(dataDir, { ...SETTINGS, ...settings }, SERVER_ALONE);
}

test('a workbench fills its own folder up to WB_LOCAL_VOLUME_MIB, and no other one', async ({ skip }) => {
  skipUnlessMet(skip, LINUX, BTRFS);
  const disk = mountImageForTest('btrfs', 300);
  execFileSync('btrfs', ['quota', 'enable', disk]);
  const dataDir = join(disk, 'data');
  const server = await start(dataDir);
  const [full = '', other = ''] = await createMany(server, 2);
  for (const id of [full, other]) await waitFor(server, id, { status: 'running' });
  const file = join(dataDir, 'volumes', full, 'file');
  const written = writeUntilRefused(file, 'EDQUOT');
  expect(written).toBeGreaterThan(15 * MIB);
  expect(written).toBeLessThanOrEqual(16 * MIB);
  writeFileSync(join(dataDir, 'volumes', other, 'file'), Buffer.alloc(8 * MIB));

  // The file system counts at its next commit.
  execFileSync('sync', ['--file-system', disk]);
  await waitFor(server, full, { status: 'running', status_detail: 'volume_almost_full' });
  expect((await waitFor(server, other, { status: 'running' })).status_detail).toBeUndefined();
  expect(server.output).toContain('the folder of a workbench is almost full');

  expect((await call(server, 'DELETE', `/workbenches/${full}`)).status).toBe(200);
  await waitUntilGone(server, full);
  await server.interrupt();

  // A start gives an existing folder the present limit.
  const larger = await start(dataDir, { WB_LOCAL_VOLUME_MIB: '32' });
  expect((await call(larger, 'POST', `/workbenches/${other}/start`)).status).toBe(200);
  await waitFor(larger, other, { status: 'running' });
  rmSync(join(dataDir, 'volumes', other, 'file'));
  execFileSync('sync', ['--file-system', disk]);
  expect(writeUntilRefused(join(dataDir, 'volumes', other, 'file'), 'EDQUOT')).toBeGreaterThan(30 * MIB);
});

test('a folder from before WB_LOCAL_VOLUME_MIB, and the disk around it, get no limit', async ({ skip }) => {
  skipUnlessMet(skip, LINUX, BTRFS);
  const disk = mountImageForTest('btrfs', 300);
  execFileSync('btrfs', ['quota', 'enable', disk]);
  const dataDir = join(disk, 'data');
  const before = await start(dataDir, { WB_LOCAL_VOLUME_MIB: '' });
  const [id = ''] = await createMany(before, 1);
  await waitFor(before, id, { status: 'running' });
  await before.interrupt();

  const server = await start(dataDir);
  expect((await call(server, 'POST', `/workbenches/${id}/start`)).status).toBe(200);
  await waitFor(server, id, { status: 'running' });
  writeFileSync(join(dataDir, 'volumes', id, 'file'), Buffer.alloc(20 * MIB));
  writeFileSync(join(disk, 'file'), Buffer.alloc(20 * MIB));
});

async function expectRefusal(dataDir: string, sentence: RegExp): Promise<void> {
  const { code, output } = await new LocalServer(dataDir, SETTINGS, SERVER_ALONE).waitForExit();
  expect({ code, output }).toEqual({ code: 1, output: expect.stringMatching(sentence) });
  expect(output.trim().split('\n')).toHaveLength(1);
}

test('a start refuses WB_LOCAL_VOLUME_MIB on a file system without quotas, and says why', async ({
  skip,
}) => {
  skipUnlessMet(skip, LINUX, LOOP);
  await expectRefusal(
    join(mountForTest('size=64m'), 'data'),
    /can limit folders on ext4, xfs, btrfs, and .* is on tmpfs\. Set WB_DATA_DIR/,
  );
});

test('a start refuses WB_LOCAL_VOLUME_MIB while btrfs counts nothing, and names the command', async ({
  skip,
}) => {
  skipUnlessMet(skip, LINUX, BTRFS);
  const disk = mountImageForTest('btrfs', 200);
  await expectRefusal(join(disk, 'data'), /a limit cannot be set on .*btrfs quota enable/);
});

test('a start refuses WB_LOCAL_VOLUME_MIB on ext4 without project quotas, and says how to switch them on', async ({
  skip,
}) => {
  skipUnlessMet(skip, LINUX, LOOP, programOf('setquota', 'quota'));
  const disk = mountImageForTest('ext4', 200);
  await expectRefusal(join(disk, 'data'), /a limit cannot be set on .*tune2fs -O project,quota/);
});
