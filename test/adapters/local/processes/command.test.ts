import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseCommand, findOnPath, type RunContext } from '#adapters/local/processes/command.ts';

const CONTEXT: RunContext = {
  port: 20_000,
  socket: '/data/sockets/0123456789ab',
  folder: '/data/volumes/wb1',
  privateFolder: '/data/private/wb1',
  basePath: '/project/wb1/',
};

function choose(programs: readonly string[], bootCommand?: string) {
  const find = (program: string) => (programs.includes(program) ? `/usr/bin/${program}` : undefined);
  return chooseCommand({ bootCommand, find, node: '/usr/bin/node', page: '/app/page/server.ts' });
}

describe('chooseCommand', () => {
  it('chooses the boot command if it is set, and runs it with a shell', () => {
    const command = choose(['code-server', 'jupyter-lab'], 'exec "my ide" --port $PORT');
    expect(command).toMatchObject({ kind: 'boot command', file: '/bin/sh' });
    expect(command.args(CONTEXT)).toEqual(['-c', 'exec "my ide" --port $PORT']);
  });

  it('chooses code-server before Jupyter, on its socket, with its data in the private folder', () => {
    const command = choose(['jupyter-notebook', 'code-server'], ' ');
    expect(command).toMatchObject({ kind: 'code-server', file: '/usr/bin/code-server' });
    const line = command.args(CONTEXT).join(' ');
    expect(line).toContain('--auth none --socket /data/sockets/0123456789ab --socket-mode 600');
    expect(line).not.toContain('20000');
    expect(line).toContain('--user-data-dir /data/private/wb1/code-server ');
    expect(line.endsWith(' /data/volumes/wb1')).toBe(true);
    const settings = JSON.parse(command.initialFiles?.['code-server/User/settings.json'] ?? '');
    expect(settings['security.workspace.trust.enabled']).toBe(false);
  });

  it('chooses Jupyter if it is the only IDE, on its socket, below the base path', () => {
    const lab = choose(['jupyter-notebook', 'jupyter-lab']);
    expect(lab).toMatchObject({ kind: 'jupyter', file: '/usr/bin/jupyter-lab', expectsBasePath: true });
    expect(lab.args(CONTEXT)).toContain('--ServerApp.base_url=/project/wb1/');
    expect(lab.args(CONTEXT)).toContain('--ServerApp.sock=/data/sockets/0123456789ab');
    expect(lab.args(CONTEXT).join(' ')).not.toContain('20000');
    expect(lab.args(CONTEXT)).toContain('--ServerApp.allow_remote_access=True');
    const notebook = choose(['jupyter-notebook']);
    expect(notebook.args(CONTEXT)).toContain('--NotebookApp.base_url=/project/wb1/');
    expect(notebook.args(CONTEXT)).toContain('--NotebookApp.sock=/data/sockets/0123456789ab');
    for (const folder of Object.values(notebook.environment?.(CONTEXT) ?? {})) {
      expect(folder.startsWith('/data/private/wb1/')).toBe(true);
    }
  });

  it('chooses the built-in page if no IDE is installed', () => {
    const command = choose([]);
    expect(command).toMatchObject({ kind: 'page', file: '/usr/bin/node' });
    expect(command.args(CONTEXT)).toEqual(['/app/page/server.ts']);
  });
});

describe('findOnPath', () => {
  it('returns the first executable file in an absolute folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wb-path-'));
    const [first, second] = [join(folder, 'first'), join(folder, 'second')];
    await mkdir(join(first, 'ide'), { recursive: true });
    await mkdir(second);
    await writeFile(join(second, 'ide'), '', { mode: 0o755 });
    const path = `:.:relative:${first}:${second}`;
    expect(findOnPath('ide', path)).toBe(join(second, 'ide'));
    await chmod(join(second, 'ide'), 0o644);
    expect(findOnPath('ide', path)).toBeUndefined();
    expect(findOnPath('ide', undefined)).toBeUndefined();
    await rm(folder, { recursive: true });
  });
});
