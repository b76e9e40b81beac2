import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const tool = join(import.meta.dirname, '../../tools/synth.ts');

it('npm run synth fails with the errors of the settings', async () => {
  const synth = promisify(execFile)(process.execPath, [tool, 'prod', 'nowhere']);
  await expect(synth).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^prod, nowhere: NOT ready to deploy \([\d.]+ s\)$/m),
    stderr: expect.stringContaining('stages/nowhere.json is not valid:\n  the stage does not exist'),
  });
});
