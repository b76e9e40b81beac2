import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDataDir, LocalServer } from '#test/e2e/local-server.ts';
import { wb } from './wb-process.ts';

const WB = join(import.meta.dirname, '../../../clients/cli/dist/wb.js');
const SETTINGS = {
  WB_SIZES: 'tiny:512:512,small:1024:1024',
  WB_TEMPLATES: JSON.stringify([
    { name: 'standard', title: 'Everyday work' },
    { name: 'long', title: 'Long', description: 'For jobs.', size: 'tiny', idle_stop_minutes: 480 },
  ]),
};

describe('templates and sizes', () => {
  it('are listed with their prices, and fill in what the options of wb create leave out', async () => {
    const { api } = await LocalServer.start(await createDataDir(), SETTINGS);
    const { out } = await wb(api, ['templates']);
    expect(out).toMatch(/^TEMPLATE +SIZE +USD\/HOUR +WHAT IT IS FOR$/m);
    expect(out).toMatch(/^long +0\.5 vCPU, 0\.5 GiB +0 +Long: For jobs\.$/m);
    expect(out).toMatch(/^small +1 vCPU, 1 GiB +0$/m);
    const json = JSON.parse((await wb(api, ['templates', '--json'])).out) as { templates: unknown[] };
    expect(json.templates).toMatchObject([{ name: 'standard' }, { name: 'long', requested_cpu: 512 }]);

    const create = async (...args: readonly string[]) =>
      JSON.parse((await wb(api, ['create', '--json', ...args])).out) as object;
    expect(await create('--template', 'long')).toMatchObject({ requested_cpu: 512, idle_stop_minutes: 480 });
    expect(await create('--template', 'long', '--size', 'small', '--idle', '15')).toMatchObject({
      ...{ requested_cpu: 1024, requested_memory: 1024 },
      idle_stop_minutes: 15,
    });
    expect(await wb(api, ['create', '--template', 'other', '--size', 'huge'])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/template: one of standard, long\n.*size: one of tiny, small/),
    });
  });

  it('are completed by bash with the names that the API has', async () => {
    const { api } = await LocalServer.start(await createDataDir(), SETTINGS);
    const folder = await mkdtemp(join(tmpdir(), 'wb-completion-'));
    await mkdir(join(folder, 'bin'));
    const program = join(folder, 'bin/wb');
    await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${WB}' "$@"\n`);
    await chmod(program, 0o755);
    const script = (await wb(api, ['completion', 'bash'])).out;
    const complete = (words: string, index: number) =>
      spawnSync(
        'bash',
        ['-c', `${script}\nCOMP_WORDS=(${words}); COMP_CWORD=${index}; _wb; echo "\${COMPREPLY[@]}"`],
        {
          encoding: 'utf8',
          env: {
            PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}`,
            WORKBENCH_API: api,
            WORKBENCH_USER: 'ada',
          },
        },
      ).stdout.trim();
    expect(complete('wb create --template ""', 3)).toBe('standard long');
    expect(complete('wb create --size s', 3)).toBe('small');
    expect(complete('wb create --te', 2)).toBe('--template');
  });
});
