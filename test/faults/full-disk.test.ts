import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LocalServer, SERVER_ALONE } from '#test/e2e/local-server.ts';
import { TINY_SERVER } from '#test/flows/open-server.ts';
import { fillDisk, MOUNTS, mountForTest, remount, useUpInodes } from './mounts.ts';
import { LINUX, skipUnlessMet } from './needs.ts';
import { call, create, createMany, type Reply, waitFor, waitUntilGone } from './requests.ts';

const SETTINGS = { WB_BOOT_COMMAND: TINY_SERVER, WB_LOCAL_MAX_RUNNING: '4' };

/** As in the folder of a user: small, but with space for the reserve. */
const SMALL_DISK = 'size=16m';

/** More workbenches than the space beyond the reserve has records for. */
const CREATES_MAX = 2_000;

/** Everything that must work on a disk without space, with three running workbenches. */
async function stopAndDelete(server: LocalServer, ids: readonly string[]): Promise<void> {
  const [stopped = '', deleted = '', running = ''] = ids;
  expect((await call(server, 'POST', `/workbenches/${stopped}/stop`)).status).toBe(200);
  expect((await call(server, 'DELETE', `/workbenches/${deleted}`)).status).toBe(200);
  await waitFor(server, stopped, { status: 'stopped' });
  await waitUntilGone(server, deleted);
  expect((await call(server, 'GET', '/workbenches')).status).toBe(200);
  expect((await call(server, 'GET', '/health')).status).toBe(200);
  const warned = { status: 'running', status_detail: 'disk_almost_full' } as const;
  const { public_endpoint } = await waitFor(server, running, warned);
  expect(server.output).toContain('the disk of the data folder is almost full');
  expect((await fetch(String(public_endpoint))).status).toBe(200);
}

async function createUntilRefused(server: LocalServer): Promise<Reply> {
  let reply = await create(server);
  for (let n = 0; n < CREATES_MAX && reply.status === 201; n += 1) reply = await create(server);
  return reply;
}

test('a full disk ends nothing, refuses new workbenches, and all is well when there is space', async ({
  skip,
}) => {
  skipUnlessMet(skip, LINUX, MOUNTS);
  const disk = mountForTest(SMALL_DISK);
  const server = await LocalServer.start(join(disk, 'data'), SETTINGS, SERVER_ALONE);
  const pid = await server.findPid();
  const ids = await createMany(server, 3);
  for (const id of ids) await waitFor(server, id, { status: 'running' });
  fillDisk(join(disk, 'file'));

  expect(await createUntilRefused(server)).toMatchObject({
    status: 503,
    retryAfter: '30',
    body: { error: { code: 'unavailable', reason: 'no_space' } },
  });

  await stopAndDelete(server, ids);
  // The deletion has returned the pages of its records, which may be enough for another workbench.
  expect((await createUntilRefused(server)).body.error?.reason).toBe('no_space');

  rmSync(join(disk, 'file'));
  const { status, body } = await create(server);
  expect(status).toBe(201);
  expect((await call(server, 'GET', `/workbenches/${body.item.workbench_id}`)).status).toBe(200);
  expect(await server.findPid()).toBe(pid);
});

test('a disk without inodes delays starts, and nothing else', async ({ skip }) => {
  skipUnlessMet(skip, LINUX, MOUNTS);
  const disk = mountForTest('size=64m,nr_inodes=2000');
  const server = await LocalServer.start(join(disk, 'data'), SETTINGS, SERVER_ALONE);
  const ids = await createMany(server, 3);
  for (const id of ids) await waitFor(server, id, { status: 'running' });
  const removeFiles = useUpInodes(disk, 'first');
  await stopAndDelete(server, ids);

  // The deletion has returned some.
  const removeMoreFiles = useUpInodes(disk, 'second');
  const { status, body } = await create(server);
  expect(status).toBe(201);
  await waitFor(server, body.item.workbench_id, { status: 'starting', status_detail: 'no_space' });

  removeFiles();
  removeMoreFiles();
  await waitFor(server, body.item.workbench_id, { status: 'running' });
});

test('a start on a disk without space fails with one sentence, with and without records', async ({
  skip,
}) => {
  skipUnlessMet(skip, LINUX, MOUNTS);
  const disk = mountForTest('size=16m,nr_inodes=2000');
  const used = join(disk, 'used');
  await (await LocalServer.start(used, SETTINGS, SERVER_ALONE)).interrupt();
  const expectSentence = async (sentence: RegExp) => {
    for (const folder of [used, join(disk, 'new')]) {
      const { code, output } = await new LocalServer(folder, SETTINGS, SERVER_ALONE).waitForExit();
      expect({ code, output }).toEqual({ code: 1, output: expect.stringMatching(sentence) });
      expect(output.trim().split('\n')).toHaveLength(1);
    }
  };
  const file = join(disk, 'file');
  fillDisk(file);
  await expectSentence(/has not enough space\. Free \d+ MiB/);
  rmSync(file);
  const removeFiles = useUpInodes(disk, 'file');
  await expectSentence(/has no inodes left/);
  removeFiles();
  remount(disk, 'ro');
  await expectSentence(/is read-only\. Mount it for writing/);
  remount(disk, 'rw');
  await LocalServer.start(used, SETTINGS, SERVER_ALONE);
});
