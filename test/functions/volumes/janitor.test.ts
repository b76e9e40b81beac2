import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Janitor } from '#adapters/aws/efs/janitor.ts';
import { build } from '#functions/volumes/janitor.ts';
import { captureLogLines, contextOf } from '../wiring/lambda-context.ts';

const PLACE = { fileSystemId: 'fs-0123456789abcdef0', workbenchId: 'aaaa' };

/** A janitor that must not be called. */
const UNUSED = new Proxy({} as Janitor, {
  get() {
    throw new Error('the janitor was called');
  },
});

describe('the janitor function', () => {
  it.each([
    ['no request', undefined],
    ['an unknown action', { act: 'format', ...PLACE }],
    ['a path', { act: 'removeSome', ...PLACE, workbenchId: '../aaaa' }],
    ['a hidden name', { act: 'quarantine', ...PLACE, workbenchId: '.tombstones' }],
    ['no file system', { act: 'writeTombstone', workbenchId: 'aaaa' }],
    ['an unknown field', { act: 'writeTombstone', ...PLACE, recursive: true }],
    ['too many ids', { act: 'findExisting', fileSystemId: 'fs-1', workbenchIds: Array(1001).fill('aaaa') }],
    ['an invalid cursor', { act: 'list', fileSystemId: 'fs-1', cursor: '/' }],
  ])('rejects %s', async (_, event) => {
    await expect(build({ janitor: UNUSED })(event)).rejects.toThrow('invalid janitor request');
  });

  describe('as deployed', () => {
    let root: string;
    beforeEach(async () => {
      root = await mkdtemp(join(tmpdir(), 'janitor-'));
      vi.stubEnv('WB_JANITOR_MOUNTS', JSON.stringify({ [PLACE.fileSystemId]: root }));
    });
    afterEach(async () => {
      vi.restoreAllMocks();
      vi.unstubAllEnvs();
      await rm(root, { recursive: true, force: true });
    });

    it('works in the configured mounts only', async () => {
      const log = captureLogLines();
      await mkdir(join(root, 'aaaa'));
      // Another test file of this process may have initialized the function with its own environment.
      vi.resetModules();
      const { handler } = await import('#functions/volumes/janitor.ts');
      const send = (event: unknown) => handler(event, contextOf('1', 'janitor'));
      expect(await send({ act: 'writeTombstone', ...PLACE })).toEqual({ detached: false });
      expect(await send({ act: 'removeSome', ...PLACE })).toEqual({ done: true, deleted: 1 });
      expect(await readdir(root)).toEqual(['.tombstones']);
      await expect(send({ act: 'writeTombstone', ...PLACE, fileSystemId: 'fs-1' })).rejects.toThrow(
        'janitor failed',
      );
      expect(log.text()).toContain('fs-1 is not mounted here');
    });
  });
});
