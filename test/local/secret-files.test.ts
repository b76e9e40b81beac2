import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { StartError } from '#adapters/http-server/listen.ts';
import {
  KEY_LIFETIME_MS,
  KEYS_FILE,
  openGateKeys,
  openLocalToken,
  rotateGateKeys,
  TOKEN_FILE,
} from '#local/secret-files.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'token-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
});

const modeOf = async (file: string) => (await stat(join(dataDir, file))).mode & 0o777;

describe('the token', () => {
  it('of the setting is used and not stored', async () => {
    expect(await openLocalToken(dataDir, 'a-secret-of-the-user')).toBe('a-secret-of-the-user');
    expect(await readdir(dataDir)).toEqual([]);
  });

  it('is generated at the first start, kept for this user alone, and the same at the next start', async () => {
    const umask = process.umask(0);
    onTestFinished(() => void process.umask(umask));
    const token = await openLocalToken(dataDir, 'auto');
    expect(token).toMatch(/^[\w-]{32}$/);
    expect(await modeOf(TOKEN_FILE)).toBe(0o600);
    expect(await openLocalToken(dataDir, 'auto')).toBe(token);
    expect(await readdir(dataDir)).toEqual([TOKEN_FILE]);
    await rm(join(dataDir, TOKEN_FILE));
    expect(await openLocalToken(dataDir, 'auto')).not.toBe(token);
  });

  it.each([0o640, 0o604, 0o620, 0o660, 0o644])('is refused if its file has the mode %o', async (mode) => {
    await openLocalToken(dataDir, 'auto');
    await chmod(join(dataDir, TOKEN_FILE), mode);
    const error = await openLocalToken(dataDir, 'auto').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StartError);
    expect(error).toHaveProperty('message', expect.stringContaining('chmod 600'));
  });

  it('is refused if its file is a symbolic link', async () => {
    await writeFile(join(dataDir, 'elsewhere'), 'a-secret-of-the-user\n', { mode: 0o600 });
    await symlink('elsewhere', join(dataDir, TOKEN_FILE));
    await expect(openLocalToken(dataDir, 'auto')).rejects.toThrow('symbolic link');
  });

  it.each(['', '\n', 'short\n', `${'x'.repeat(20)} y\n`])(
    'is refused if its file contains %j',
    async (content) => {
      await writeFile(join(dataDir, TOKEN_FILE), content, { mode: 0o600 });
      await expect(openLocalToken(dataDir, 'auto')).rejects.toThrow(StartError);
      expect(await readFile(join(dataDir, TOKEN_FILE), 'utf8')).toBe(content);
    },
  );
});

describe('the keys of the gate', () => {
  it('are generated at the first start and kept for this user alone', async () => {
    const keys = await openGateKeys(dataDir, 0);
    expect(keys.current).toMatch(/^[\w-]{43}$/);
    expect(keys.previous).toBeUndefined();
    expect(await modeOf(KEYS_FILE)).toBe(0o600);
    expect(await openGateKeys(dataDir, KEY_LIFETIME_MS - 1)).toEqual({ ...keys, since: 0 });
  });

  it.each([
    ['older than its lifetime', KEY_LIFETIME_MS],
    ['of a distant future', -KEY_LIFETIME_MS],
  ])('are replaced at a start if the current one is %s, which stays valid', async (_, later) => {
    const first = await openGateKeys(dataDir, 0);
    const second = await openGateKeys(dataDir, later);
    expect(second.previous).toBe(first.current);
    expect(second.current).not.toBe(first.current);
    expect(await openGateKeys(dataDir, later)).toMatchObject(second);
  });

  it('are replaced by the command', async () => {
    const first = await openGateKeys(dataDir, 0);
    await rotateGateKeys(dataDir, 1);
    expect(await openGateKeys(dataDir, 2)).toMatchObject({ previous: first.current, since: 1 });
  });

  it.each(['', '{}', '{"current":"short","since":0}'])(
    'are refused if the file contains %j',
    async (text) => {
      await writeFile(join(dataDir, KEYS_FILE), text, { mode: 0o600 });
      await expect(openGateKeys(dataDir, 0)).rejects.toThrow('is damaged');
    },
  );

  it('are refused if other users can read them', async () => {
    await openGateKeys(dataDir, 0);
    await chmod(join(dataDir, KEYS_FILE), 0o644);
    await expect(openGateKeys(dataDir, 0)).rejects.toThrow('chmod 600');
  });
});
