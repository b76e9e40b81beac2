import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { attackServer, mapInParallel } from '../attacked-server.ts';
import { openWorkbench } from '../proxy/hostile-workbench.ts';
import { listFileRequests, OWN_CONTENT, SECRET_CONTENT, WAYS_OUT } from './page-files.ts';

test('the built-in page reads and writes nothing outside of its folder', async () => {
  const requests = listFileRequests();
  expect(requests.length).toBeGreaterThanOrEqual(100);
  await attackServer({}, async (server) => {
    const workbench = await openWorkbench(server);
    const volumes = join(server.dataDir, 'volumes');
    const folder = join(volumes, workbench.pathname.split('/').at(-1) ?? '');
    await prepareFolder(folder, volumes);
    const before = await listTree(volumes);

    const responses = await mapInParallel(requests, 4, async ({ method, target, headers, body }) => {
      const response = await fetch(`${workbench.href}${target}`, {
        method,
        redirect: 'manual',
        ...(headers === undefined ? {} : { headers }),
        ...(body === undefined ? {} : { body }),
      });
      return { status: response.status, text: await response.text() };
    });
    const statuses = requests.map(({ name }, index) => [name, responses[index]?.status]);
    expect(Object.fromEntries(statuses)).toEqual(
      Object.fromEntries(requests.map(({ name, status }) => [name, status])),
    );
    expect(responses.filter(({ text }) => text.includes(SECRET_CONTENT))).toEqual([]);
    expect(responses.at(-1)).toEqual({ status: 200, text: OWN_CONTENT });
    expect(await listTree(volumes)).toEqual(before);
    for (const path of [join(volumes, 'outside.txt'), join(volumes, 'sibling', 'outside.txt')]) {
      expect(await readFile(path, 'utf8')).toBe(SECRET_CONTENT);
    }
  });
});

/** Creates the entries of WAYS_OUT, and what they lead to. */
async function prepareFolder(folder: string, volumes: string): Promise<void> {
  await mkdir(join(folder, 'folder'));
  await writeFile(join(folder, 'inside.txt'), OWN_CONTENT);
  await mkdir(join(volumes, 'sibling'));
  for (const path of [join(volumes, 'outside.txt'), join(volumes, 'sibling', 'outside.txt')]) {
    await writeFile(path, SECRET_CONTENT);
  }
  const targets: Readonly<Record<string, string>> = {
    'link-to-file': join(volumes, 'outside.txt'),
    'relative-link-to-file': '../outside.txt',
    'link-to-folder': join(volumes, 'sibling'),
    'link-to-parent': '..',
    'link-to-link': 'link-to-file',
    'link-to-root': '/',
    'link-to-proc': '/proc/self',
    'link-to-device': '/dev/zero',
    'link-to-itself': 'link-to-itself',
    'link-to-nothing': 'nothing',
    'link-to-sibling': '../sibling',
  };
  for (const [name, target] of Object.entries(targets)) await symlink(target, join(folder, name));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  expect(Object.keys(WAYS_OUT).sort()).toEqual([...Object.keys(targets), 'pipe'].sort());
}

async function listTree(folder: string): Promise<readonly string[]> {
  // Without the types, readdir follows links.
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.map(({ parentPath, name }) => join(parentPath, name)).sort();
}
