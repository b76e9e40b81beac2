import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { chooseCommand } from '#adapters/local/processes/command.ts';
import { BOOT_SCRIPT, HEALTH_PROBE } from '#adapters/workbench-container.ts';

const IMAGE = join(import.meta.dirname, '../../image');
const run = promisify(execFile);

it('the health check of the example image is that of all images', async () => {
  const script = await readFile(join(IMAGE, 'healthy.sh'), 'utf8');
  expect(script.split('\n').slice(2).join('\n')).toBe(HEALTH_PROBE);
});

describe('the boot step of the example image', () => {
  let volume: string;
  beforeEach(async () => {
    volume = await realpath(await mkdtemp(join(tmpdir(), 'wb-boot-')));
    onTestFinished(() => rm(volume, { recursive: true, force: true }));
  });

  async function boot(environment: Readonly<Record<string, string>>): Promise<string> {
    const env = { PATH: '/usr/bin:/bin', HOME: '/nowhere', WORKSPACE_PATH: join(volume, 'project') };
    const { stdout } = await run('sh', [join(IMAGE, 'boot.sh')], { env: { ...env, ...environment } });
    return stdout;
  }

  it('runs the boot command in the project folder, with a home that lasts beside it', async () => {
    const said = await boot({ WB_BOOT_COMMAND: 'echo "$PWD|$HOME|$PORT"' });
    expect(said).toBe(`${volume}/project|${volume}/home|8080\n`);
  });

  it('finds its files again', async () => {
    await boot({ WB_BOOT_COMMAND: 'echo kept > file; echo mine > "$HOME/.profile"' });
    expect(await boot({ WB_BOOT_COMMAND: 'cat file "$HOME/.profile"' })).toBe('kept\nmine\n');
  });

  it('takes the boot command as a shell does, and not what is in a name', async () => {
    const said = await boot({
      WB_BOOT_COMMAND: 'printf "%s" "$WORKBENCH_NAME"',
      WORKBENCH_NAME: '$(id); "x"',
    });
    expect(said).toBe('$(id); "x"');
  });

  it('ends with the code of the boot command', async () => {
    await expect(boot({ WB_BOOT_COMMAND: 'exit 7' })).rejects.toMatchObject({ code: 7 });
  });

  it.each([
    ['boot.sh', [join(IMAGE, 'boot.sh')]],
    ['the script for other images', ['-c', BOOT_SCRIPT]],
  ])('starts the reporter of activity beside the boot command: %s', async (_, script) => {
    const bin = join(volume, 'bin');
    const noted = join(volume, 'noted');
    await mkdir(bin);
    // In place of the image's own: notes with which process it is to end.
    await writeFile(join(bin, 'workbench-activity'), `#!/bin/sh\necho "$1" >${noted}\n`, { mode: 0o755 });
    const command = `until [ -s ${noted} ]; do :; done; echo $$; cat ${noted}`;
    const { stdout } = await run('sh', script, {
      env: {
        PATH: `${bin}:/usr/bin:/bin`,
        HOME: '/nowhere',
        WORKSPACE_PATH: join(volume, 'project'),
        WB_BOOT_COMMAND: command,
      },
    });
    const [pid, ends] = stdout.trim().split('\n');
    expect(ends).toBe(pid);
  });

  it('becomes code-server when there is no boot command', async () => {
    const bin = join(volume, 'bin');
    const settings = '/usr/local/share/workbench/settings.json';
    await mkdir(bin);
    // In place of the image's own: says what it was asked for.
    await writeFile(join(bin, 'code-server'), '#!/bin/sh\nfor word; do echo "$word"; done\n', {
      mode: 0o755,
    });
    await writeFile(join(bin, 'cp'), `#!/bin/sh\n[ "$1" = ${settings} ] && echo seeded > "$2"\n`, {
      mode: 0o755,
    });
    const words = (await boot({ PATH: `${bin}:/usr/bin:/bin`, PORT: '9090' })).trim().split('\n');
    expect(words.slice(0, 4)).toEqual(['--auth', 'none', '--bind-addr', '0.0.0.0:9090']);
    expect(words.at(-1)).toBe(join(volume, 'project'));
    const userData = words[words.indexOf('--user-data-dir') + 1] ?? '';
    expect(await readFile(join(userData, 'User/settings.json'), 'utf8')).toBe('seeded\n');
  });

  it('gives code-server the settings that the process runtime gives it', async () => {
    const { initialFiles } = chooseCommand({
      ide: 'code-server',
      find: () => '/bin/x',
      node: 'node',
      page: 'page',
    });
    const image = JSON.parse(await readFile(join(IMAGE, 'settings.json'), 'utf8'));
    expect(image).toEqual(JSON.parse(initialFiles?.['code-server/User/settings.json'] ?? ''));
  });
});
