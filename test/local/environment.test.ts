import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readEnvironment } from '#local/environment.ts';
import { StartError } from '#local/listen.ts';

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'workbench-'));
  onTestFinished(() => rm(made, { recursive: true }));
  return made;
}

describe('readEnvironment', () => {
  test('is the environment when there is no file', async () => {
    expect(readEnvironment(await folder(), { PORT: '1' })).toEqual({ PORT: '1' });
  });

  test('adds what .env says, under the environment', async () => {
    const where = await folder();
    await writeFile(
      join(where, '.env'),
      '# ours\nPORT=2\nWB_BOOT_COMMAND="run \'it\'"\nexport BASE_URL=http://a\n',
    );
    expect(readEnvironment(where, { PORT: '1' })).toEqual({
      PORT: '1',
      WB_BOOT_COMMAND: "run 'it'",
      BASE_URL: 'http://a',
    });
  });

  test('says so when the file is there and cannot be read', async () => {
    const where = await folder();
    await mkdir(join(where, '.env'));
    expect(() => readEnvironment(where, {})).toThrow(StartError);
    expect(() => readEnvironment(where, {})).toThrow(`${join(where, '.env')} cannot be read (EISDIR).`);
  });
});
