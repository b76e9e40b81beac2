import { closeSync, openSync } from 'node:fs';
import { readdir, readFile, readlink, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { errorCode } from '#adapters/system-error.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { findInstalled, type InstalledProgram, onPath } from './installed-programs.ts';
import { createDataDir, LocalServer } from './local-server.ts';

const SECRET = 'a-key-that-no-workbench-may-see';
const PROJECT_DIR = join(import.meta.dirname, '../..');

/** The kinds of workbenches, the settings that choose them, and a program of theirs. */
const KINDS: readonly {
  readonly kind: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly program: string;
  readonly needs?: InstalledProgram;
}[] = [
  { kind: 'page', settings: { WB_LOCAL_IDE: 'page' }, program: 'page/server.ts' },
  { kind: 'boot command', settings: { WB_BOOT_COMMAND: 'exec sleep 1000' }, program: 'sleep' },
  {
    kind: 'code-server',
    settings: { WB_LOCAL_IDE: 'code-server' },
    program: 'code-server',
    needs: 'code-server',
  },
  { kind: 'jupyter', settings: { WB_LOCAL_IDE: 'jupyter' }, program: 'jupyter', needs: 'jupyter-lab' },
];

for (const { kind, settings, program, needs } of KINDS) {
  test(`a workbench of the kind ${kind} inherits no descriptor, secret or folder of the server`, async ({
    skip,
  }) => {
    const environment = needs === undefined ? {} : onPath(findInstalled(needs, skip));
    const dataDir = await createDataDir();
    const server = await LocalServer.start(
      dataDir,
      { ...environment, ...settings, RESTAPI_AUTH_STATIC_KEY: SECRET },
      undefined,
      await openDescriptors(dataDir, [3, 17, 40]),
    );
    const volume = await createWorkbench(server);
    const found = await findProgram(server, program);

    // 0 to 2 are /dev/null and the pipe of its output, which the server reads.
    const ofServer = (await readDescriptors(await server.findPid()))
      .map(({ target }) => target)
      .filter((target) => target !== '/dev/null' && !target.startsWith('anon_inode:'));
    expect(ofServer).toContain(join(await realpath(dataDir), 'state.db'));
    const processes = (await Promise.all(found.map(readProcess))).filter((each) => each !== undefined);
    expect(processes.length).toBeGreaterThan(0);
    for (const { descriptors, inheritedEnvironment, folder } of processes) {
      const inherited = descriptors.filter(
        ({ number, target }) => number > 2 && (ofServer.includes(target) || target.includes('inherited-')),
      );
      expect(inherited).toEqual([]);
      if (kind === 'boot command') {
        expect(descriptors.map(({ number }) => number)).toEqual([0, 1, 2]);
      }
      expect(inheritedEnvironment).toContain(`WORKSPACE_PATH=${volume}`);
      expect(inheritedEnvironment).not.toContain(SECRET);
      expect(inheritedEnvironment).not.toContain(join(PROJECT_DIR, 'node_modules'));
      expect(folder).toBe(await realpath(volume));
    }
    expect(server.output).not.toContain('inherited descriptors');
  });
}

test('the server says which descriptors reach workbenches when it must not close them', async () => {
  const dataDir = await createDataDir();
  const settings = { WB_BOOT_COMMAND: 'exec sleep 1000', NODE_OPTIONS: '--trace-uncaught' };
  const server = await LocalServer.start(dataDir, settings, undefined, await openDescriptors(dataDir, [40]));
  expect(server.output).toMatch(/inherited descriptors are left open .*40/);
});

/** Opens a file for each number, as a terminal may leave it open for the programs that it starts. */
async function openDescriptors(
  dataDir: string,
  numbers: readonly number[],
): Promise<Readonly<Record<number, number>>> {
  const opened = numbers.map(async (number) => {
    const file = join(dataDir, `inherited-${number}`);
    await writeFile(file, '');
    const descriptor = openSync(file, 'a');
    onTestFinished(() => closeSync(descriptor));
    return [number, descriptor] as const;
  });
  return Object.fromEntries(await Promise.all(opened));
}

/** Creates a workbench. Returns the folder of its files. */
async function createWorkbench(server: LocalServer): Promise<string> {
  const api = /API\s+(http:\S+)/.exec(server.output)?.[1];
  const response = await fetch(`${api}/workbenches?user_id=me`, {
    method: 'POST',
    headers: { authorization: `Bearer ${SECRET}` },
  });
  expect(response.status).toBe(201);
  const { item } = (await response.json()) as { item: { workbench_id: string } };
  return join(server.dataDir, 'volumes', item.workbench_id);
}

/** Waits until the program of the workbench runs. Returns its processes. */
async function findProgram(server: LocalServer, program: string): Promise<readonly number[]> {
  let found: readonly number[] = [];
  await eventually(waitRealStep, `${program} runs`, async () => {
    const all = await server.workbenchPrograms();
    const commands = await Promise.all(
      all.map(async (pid) => ({
        pid,
        command: await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => ''),
      })),
    );
    // The shells that become the program have it in their command lines as well.
    found = commands
      .filter(({ command }) => command.includes(program) && !/"\$word"|"\$reporter"/.test(command))
      .map(({ pid }) => pid);
    return found.length > 0;
  });
  return found;
}

/** Returns undefined for a process that has ended: an IDE also starts programs that end at once. */
async function readProcess(pid: number) {
  try {
    return {
      descriptors: await readDescriptors(pid),
      inheritedEnvironment: await readFile(`/proc/${pid}/environ`, 'utf8'),
      folder: await readlink(`/proc/${pid}/cwd`),
    };
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(errorCode(error))) return undefined;
    throw error;
  }
}

async function readDescriptors(pid: number): Promise<readonly { number: number; target: string }[]> {
  const numbers = (await readdir(`/proc/${pid}/fd`)).map(Number).sort((a, b) => a - b);
  const all = await Promise.all(
    numbers.map(async (number) => ({
      number,
      target: await readlink(`/proc/${pid}/fd/${number}`).catch(() => undefined),
    })),
  );
  return all.flatMap(({ number, target }) => (target === undefined ? [] : [{ number, target }]));
}
