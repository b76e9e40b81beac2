import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Workbench, WorkbenchClient } from '#clients/typescript/src/index.ts';
import { createDataDir, LocalServer } from '#test/e2e/local-server.ts';

const PACKAGE = join(import.meta.dirname, '../../../clients/typescript');
const run = promisify(execFile);

/** Packs the client and installs it into an empty folder, as its users do. */
async function installPackage(folder: string): Promise<void> {
  await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: PACKAGE });
  const archive = (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? '';
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  await run('npm', ['install', '--silent', '--no-audit', '--no-fund', archive], { cwd: folder });
}

/** Node.js does not resolve names below localhost. */
async function statusOf({ host, port, pathname, search }: URL): Promise<number | undefined> {
  const request = get({ host: '127.0.0.1', port, path: `${pathname}${search}`, headers: { host } });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

describe('the installed package', () => {
  let folder: string;

  beforeAll(async () => {
    folder = join(process.env.TMPDIR ?? '/tmp', 'client-user');
    await mkdir(folder, { recursive: true });
    await installPackage(folder);
  });

  it('contains the built files and nothing else', async () => {
    const files = await readdir(join(folder, 'node_modules/workbench-client'), { recursive: true });
    expect(files.filter((name) => !name.startsWith('dist/')).sort()).toEqual([
      'README.md',
      'dist',
      'package.json',
    ]);
    expect(files).toContain('dist/index.js');
    expect(files).toContain('dist/index.d.ts');
  });

  it('runs the program of its README against a server', async () => {
    const server = await LocalServer.start(await createDataDir());
    const program =
      /```js\n([\s\S]*?)```/.exec(await readFile(join(PACKAGE, 'README.md'), 'utf8'))?.[1] ?? '';
    await writeFile(join(folder, 'program.mjs'), program);
    const env = { ...process.env, WORKBENCH_API: server.api };
    const { stdout } = await run(process.execPath, ['program.mjs'], { cwd: folder, env });
    expect(await statusOf(new URL(stdout.trim()))).toBe(200);
  });

  it('is accepted by the compiler of a user with strict types', async () => {
    await writeFile(
      join(folder, 'user.mts'),
      `import { WorkbenchClient, type Workbench } from 'workbench-client';
const client = new WorkbenchClient({ baseUrl: 'http://127.0.0.1:1', retry: { attempts: 1 } });
const status: Workbench['status'] = (await client.get('x')).status;
// @ts-expect-error There is no such field.
await client.create({ workbench_nam: status });
`,
    );
    const compiler = join(PACKAGE, 'node_modules/.bin/tsc');
    const options = [
      '--noEmit',
      '--strict',
      '--exactOptionalPropertyTypes',
      '--module',
      'nodenext',
      '--target',
      'es2022',
    ];
    await run(compiler, [...options, '--lib', 'es2022,dom', 'user.mts'], { cwd: folder });
  });
});

describe('a client of a running server', () => {
  it('creates, lists, renames, stops, starts and deletes workbenches', async () => {
    const server = await LocalServer.start(await createDataDir());
    const client = new WorkbenchClient({ baseUrl: server.api, userId: 'ada' });
    const { workbench_id: id } = await client.create({ workbench_name: 'First' });
    const second = await client.create({ workbench_name: 'Second' });
    expect((await client.waitUntil(id, 'running')).ready_at).toBeDefined();
    expect((await client.update(id, { workbench_name: 'Renamed' })).workbench_name).toBe('Renamed');
    await client.stop(id);
    await client.waitUntil(id, 'stopped');
    await client.start(id);
    await client.waitUntil(id, 'running');
    await client.restart(id);
    await client.waitUntil(id, 'running');
    const listed: Workbench[] = [];
    for await (const workbench of client.list({ pageSize: 1 })) listed.push(workbench);
    expect(listed.map((workbench) => workbench.workbench_id)).toEqual([second.workbench_id, id]);
    expect((await client.history(id)).map(({ type }) => type)).toContain('restart_requested');
    for (const workbench of listed) await client.delete(workbench.workbench_id);
    for (const workbench of listed) await client.waitUntil(workbench.workbench_id, 'deleted');
    expect((await client.list().next()).done).toBe(true);
  });

  it('filters lists, reads output, and names the caller, shares and start times', async () => {
    const server = await LocalServer.start(await createDataDir());
    const client = new WorkbenchClient({ baseUrl: server.api, userId: 'ada' });
    const { workbench_id: id } = await client.create({ workbench_name: 'One', labels: { team: 'a' } });
    await client.create({ workbench_name: 'Two' });
    await client.waitUntil(id, 'running');
    const found: string[] = [];
    for await (const { workbench_name: name } of client.list({ filter: { label: 'team:a' } }))
      found.push(name);
    expect(found).toEqual(['One']);
    expect(await client.me()).toMatchObject({ user_id: 'ada', authorization: 'none' });
    expect((await client.extend(id, 30)).workbench_id).toBe(id);
    await client.setShare(id, 'group:a/b c', { role: 'use' });
    expect(await client.shares(id)).toMatchObject([{ grantee: 'group:a/b c', role: 'use' }]);
    await client.deleteShare(id, 'group:a/b c');
    expect(await client.shares(id)).toEqual([]);
    const { items, next_cursor: cursor = '' } = await client.logs(id);
    expect(items[0]?.text).toContain('Serving on');
    expect(await client.logs(id, { cursor })).toMatchObject({ items: [], complete: false });
    await expect.poll(() => client.startTimes()).toMatchObject([{ kind: 'first' }]);
  });

  it('says what is wrong with a request and with a key', async () => {
    const server = await LocalServer.start(await createDataDir(), {
      RESTAPI_AUTH_STATIC_KEY: 'k'.repeat(32),
    });
    const wrong = new WorkbenchClient({ baseUrl: server.api, userId: 'ada', auth: 'w'.repeat(32) });
    await expect(wrong.list().next()).rejects.toMatchObject({ name: 'WorkbenchApiError', status: 403 });
    const right = new WorkbenchClient({ baseUrl: server.api, userId: 'ada', auth: 'k'.repeat(32) });
    await expect(right.create({ requested_cpu: 1 })).rejects.toMatchObject({
      code: 'invalid_request',
      fields: { requested_cpu: expect.any(String) },
    });
  });
});
