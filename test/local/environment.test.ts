import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { StartError } from '#adapters/http-server/listen.ts';
import { readEnvironment } from '#local/environment.ts';

async function makeFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'workbench-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

describe('readEnvironment', () => {
  test('returns the environment when there is no .env file', async () => {
    expect(readEnvironment(await makeFolder(), { PORT: '1' })).toEqual({ PORT: '1' });
  });

  test('adds the variables of .env, which the environment overrides', async () => {
    const folder = await makeFolder();
    await writeFile(
      join(folder, '.env'),
      '# comment\nPORT=2\nWB_BOOT_COMMAND="run \'it\'"\nexport BASE_URL=http://a\n',
    );
    expect(readEnvironment(folder, { PORT: '1' })).toEqual({
      PORT: '1',
      WB_BOOT_COMMAND: "run 'it'",
      BASE_URL: 'http://a',
    });
  });

  test('throws a StartError when the file exists and cannot be read', async () => {
    const folder = await makeFolder();
    await mkdir(join(folder, '.env'));
    expect(() => readEnvironment(folder, {})).toThrow(StartError);
    expect(() => readEnvironment(folder, {})).toThrow(`${join(folder, '.env')} cannot be read (EISDIR).`);
  });
});
