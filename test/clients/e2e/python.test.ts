import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { createDataDir, LocalServer } from '#test/e2e/local-server.ts';

const PACKAGE = join(import.meta.dirname, '../../../clients/python');
const run = promisify(execFile);

/** The whole way of a user, with the operations that the README's program does not call. */
const PROGRAM = `
import os
from workbench_client import WorkbenchApiError, WorkbenchClient
from workbench_client.generated.api.default import list_machines, list_start_times, list_templates

with WorkbenchClient(os.environ["WORKBENCH_API"], user_id="ada") as client:
    first = client.create("First", labels={"team": "a"}).workbench_id
    second = client.create("Second", template="long", size="small").workbench_id
    assert client.get(second).idle_stop_minutes == 480
    assert str(client.wait_until(first, "running").status) == "running"
    assert [each.workbench_id for each in client.list(page_size=1)] == [second, first]
    assert [each.workbench_id for each in client.list(labels={"team": "a"})] == [first]
    assert client.update(first, name="Renamed").workbench_name == "Renamed"
    page = client.logs(first)
    assert "Serving on" in page.lines[0].text and not page.complete, page
    assert client.logs(first, cursor=page.next_cursor).lines == []
    client.extend(first, 30)
    client.set_share(first, "group:a/b c", "manage")
    assert [each.grantee for each in client.shares(first)] == ["group:a/b c"]
    client.delete_share(first, "group:a/b c")
    me = client.me()
    assert (me.user_id, str(me.authorization)) == ("ada", "none")
    assert list_machines.sync(client=client.api).items[0].machine_id == "local"
    assert list_start_times.sync(client=client.api, user_id="ada").items[0].count >= 1
    assert [each.name for each in list_templates.sync(client=client.api, user_id="ada").items] == ["standard", "long"]
    client.stop(first)
    client.wait_until(first, "stopped")
    client.start(first)
    client.restart(first)
    client.wait_until(first, "running")
    assert "stop_requested" in [str(each.type_) for each in client.history(first)]
    for each in (first, second):
        client.delete(each)
    for each in (first, second):
        assert client.wait_until(each, "deleted") is None
    try:
        client.get(first)
    except WorkbenchApiError as error:
        print(error.code)
`;

describe('the installed package', () => {
  let folder: string;
  let python: string;

  beforeAll(async () => {
    folder = join(process.env.TMPDIR ?? '/tmp', 'python-user');
    python = join(folder, 'venv/bin/python');
    await mkdir(folder, { recursive: true });
    await run('python3', ['-m', 'venv', 'venv'], { cwd: folder });
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', PACKAGE], {
      cwd: folder,
    });
  });

  async function runProgram(program: string, environment: Readonly<Record<string, string>> = {}) {
    await writeFile(join(folder, 'program.py'), program);
    return run(python, ['program.py'], { cwd: folder, env: { ...process.env, ...environment } });
  }

  it('runs the program of its README against a server', async () => {
    const server = await LocalServer.start(await createDataDir());
    const program =
      /```python\n([\s\S]*?)```/.exec(await readFile(join(PACKAGE, 'README.md'), 'utf8'))?.[1] ?? '';
    const { stdout } = await runProgram(program, { WORKBENCH_API: server.api });
    expect(stdout.trim().split('\n').at(-1)).toMatch(/^http:\/\/.+\/project\/[0-9a-z]{26}\/$/);
  });

  it('creates, lists, shares, stops, starts and deletes workbenches of a running server', async () => {
    const server = await LocalServer.start(await createDataDir());
    const { stdout } = await runProgram(PROGRAM, { WORKBENCH_API: server.api });
    expect(stdout.trim()).toBe('workbench_not_found');
  });

  it('retries, waits and raises errors as its tests say', async () => {
    const tests = await readFile(join(import.meta.dirname, 'client_test.py'), 'utf8');
    const { stderr } = await runProgram(tests);
    expect(stderr).toMatch(/Ran 14 tests[\s\S]*\nOK\n$/);
  });
});
