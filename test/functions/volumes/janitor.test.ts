import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Janitor } from '#adapters/aws/efs/janitor.ts';
import { build, handler } from '#functions/volumes/janitor.ts';
import { captureLogLines, contextOf } from '../wiring/lambda-context.ts';

const PLACE = { fileSystemId: 'fs-0123456789abcdef0', workbenchId: 'aaaa' };

/** A janitor that is never to be asked. */
const NEVER = new Proxy({} as Janitor, {
  get() {
    throw new Error('it was asked');
  },
});

describe('the function of the janitor', () => {
  it.each([
    ['nothing', undefined],
    ['something else', { act: 'format', ...PLACE }],
    ['a path', { act: 'removeSome', ...PLACE, workbenchId: '../aaaa' }],
    ['a hidden name', { act: 'quarantine', ...PLACE, workbenchId: '.tombstones' }],
    ['no file system', { act: 'writeTombstone', workbenchId: 'aaaa' }],
    ['more than it knows', { act: 'writeTombstone', ...PLACE, recursive: true }],
    [
      'too much at once',
      { act: 'findExisting', fileSystemId: 'fs-1', workbenchIds: Array(1001).fill('aaaa') },
    ],
    ['a cursor that is no name', { act: 'list', fileSystemId: 'fs-1', cursor: '/' }],
  ])('does nothing when it is asked for %s', async (_, event) => {
    await expect(build({ janitor: NEVER })(event)).rejects.toThrow('not a request of the janitor');
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

    it('works where its settings say that the file system is mounted, and nowhere else', async () => {
      const log = captureLogLines();
      await mkdir(join(root, 'aaaa'));
      const ask = (event: unknown) => handler(event, contextOf('1', 'janitor'));
      expect(await ask({ act: 'writeTombstone', ...PLACE })).toEqual({ detached: false });
      expect(await ask({ act: 'removeSome', ...PLACE })).toEqual({ done: true, deleted: 1 });
      expect(await readdir(root)).toEqual(['.tombstones']);
      await expect(ask({ act: 'writeTombstone', ...PLACE, fileSystemId: 'fs-1' })).rejects.toThrow(
        'janitor failed',
      );
      expect(log.text()).toContain('fs-1 is not mounted here');
    });
  });
});
