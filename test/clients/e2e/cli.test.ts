import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, test } from 'vitest';
import { createDataDir, LocalServer } from '#test/e2e/local-server.ts';
import { onTerminal, start, terminalCommand, wb } from './wb-process.ts';

describe('the command line', () => {
  it('leads a new user from nothing to an open workbench and back', async () => {
    const { api } = await LocalServer.start(await createDataDir());
    expect((await wb(api, ['list'])).out).toContain('No workbenches. Create one: wb create');

    const created = await wb(api, ['create', '--name', 'First', '--wait']);
    expect(created).toMatchObject({ code: 0, out: expect.stringMatching(/^status +running$/m) });
    expect(created.err).toMatch(/^First: running, \d+ s$/m);

    const listed = await wb(api, ['list', '--json']);
    const [first] = JSON.parse(listed.out) as { workbench_id: string; status: string }[];
    expect(first?.status).toBe('running');
    const id = first?.workbench_id ?? '';

    const opened = await wb(api, ['open', 'First', '--print']);
    expect(opened.out.trim()).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:\\d+/project/${id}/$`));

    expect((await wb(api, ['show', id.slice(0, 20)])).out).toContain(id);
    expect(await wb(api, ['stop', 'First', '--wait'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^status +stopped$/m),
    });
    expect((await wb(api, ['start', 'First', '--wait', '--json'])).code).toBe(0);

    const events = (await wb(api, ['events', 'First', '--json'])).out.trim().split('\n');
    const types = events.map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types[0]).toBe('created');
    expect(types).toContain('stop_requested');

    // A local workbench costs nothing, but it ran.
    const usage = JSON.parse((await wb(api, ['usage', '--json'])).out) as { usd: number }[];
    expect(usage.map(({ usd }) => usd)).toEqual([0]);
    expect((await wb(api, ['usage', '--month', '2020-13'])).code).toBe(1);
    const all = await wb(api, ['usage', '--all']);
    expect(all.out).toMatch(/^USER +GROUPS +HOURS +USD\n\S+ +\d+\.\d +0\.00\n +total +\d+\.\d +0\.00\n$/);
    expect((await wb(api, ['usage', '--by', 'day'])).out).toMatch(/^DAY +HOURS +USD\n\d{4}-\d\d-\d\d +/);
    expect((await wb(api, ['usage', '--all', '--group', 'a'])).code).toBe(2);

    const refused = await wb(api, ['delete', 'First']);
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('--force') });
    expect(await wb(api, ['delete', 'First', '--force', '--wait'])).toMatchObject({
      code: 0,
      out: 'First is deleted.\n',
      err: expect.stringMatching(/^First: deleted, \d+ s$/m),
    });
    expect(await wb(api, ['show', id])).toMatchObject({ code: 6, err: 'wb: There is no such workbench.\n' });
  });

  it('restores a deleted workbench, and deletes one for good', async () => {
    const { api } = await LocalServer.start(await createDataDir(), { WB_DELETE_AFTER_HOURS: '1' });
    await wb(api, ['create', '--name', 'First', '--wait']);
    const deleted = await wb(api, ['delete', 'First', '--force']);
    expect(deleted.out).toMatch(
      /^First is deleted\. Until \S+Z you can restore it: wb restore [0-9a-z]{26}\n$/,
    );
    expect((await wb(api, ['show', 'First'])).code).toBe(6);
    expect((await wb(api, ['list'])).out).toMatch(/^No workbenches/);
    expect((await wb(api, ['list', '--deleted'])).out).toMatch(/RESTORABLE UNTIL\n\S+ +First/);
    expect((await wb(api, ['restore', 'First'])).out).toMatch(/^name +First$/m);
    expect((await wb(api, ['restore', 'First'])).code).toBe(6);
    expect((await wb(api, ['start', 'First', '--wait'])).code).toBe(0);

    await wb(api, ['delete', 'First', '--force']);
    expect(await wb(api, ['delete', 'First', '--force', '--now'])).toMatchObject({
      code: 0,
      out: 'First is being deleted.\n',
    });
    await wb(api, ['create', '--name', 'Second']);
    expect(await wb(api, ['delete', 'Second', '--force', '--now', '--wait'])).toMatchObject({
      code: 0,
      out: 'Second is deleted.\n',
    });
    expect((await wb(api, ['list', '--deleted', '--search', 'Second'])).out).toBe('No workbench matches.\n');
  });

  it('finds workbenches by labels, status and parts of their names', async () => {
    const { api } = await LocalServer.start(await createDataDir());
    await wb(api, ['create', '--name', 'First one', '--label', 'team=research', '--label', 'stage=x']);
    await wb(api, ['create', '--name', 'Second', '--label', 'team=research']);
    const names = async (...args: readonly string[]) => {
      const { code, out } = await wb(api, ['list', '--json', ...args]);
      expect(code).toBe(0);
      return (JSON.parse(out) as { workbench_name: string }[]).map((each) => each.workbench_name);
    };
    expect(await names('--label', 'team=research')).toEqual(['Second', 'First one']);
    expect(await names('--label', 'team=research', '--label', 'stage=x')).toEqual(['First one']);
    expect(await names('--search', 'ONE')).toEqual(['First one']);
    expect(await names('--name', 'Second')).toEqual(['Second']);
    expect(await names('--status', 'deleting')).toEqual([]);
    expect((await wb(api, ['list', '--search', 'nothing'])).out).toBe('No workbench matches.\n');
    expect((await wb(api, ['show', 'First one'])).out).toMatch(/^labels +team=research, stage=x$/m);
    expect(await wb(api, ['list', '--label', 'team'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('It must be key=value.'),
    });
    expect((await wb(api, ['list', '--status', 'asleep'])).code).toBe(2);
  });

  it('shares a workbench and takes the share back', async () => {
    const { api } = await LocalServer.start(await createDataDir());
    await wb(api, ['create', '--name', 'Ours']);
    const added = await wb(api, [
      'share',
      'add',
      'Ours',
      'bob',
      '--role',
      'manage',
      '--until',
      '2099-01-31T18:00Z',
    ]);
    expect(added).toMatchObject({ code: 0, out: 'user:bob  manage  until 2099-01-31T18:00:00.000Z\n' });
    await wb(api, ['share', 'add', 'Ours', 'group:research']);
    expect((await wb(api, ['share', 'list', 'Ours'])).out.split('\n')).toContain('group:research  use');
    const shared = await wb(api, ['list', '--shared', '--json'], { WORKBENCH_USER: 'bob' });
    expect(JSON.parse(shared.out)).toMatchObject([{ workbench_name: 'Ours', role: 'manage' }]);
    for (const grantee of ['bob', 'group:research']) await wb(api, ['share', 'remove', 'Ours', grantee]);
    expect((await wb(api, ['share', 'list', 'Ours'])).out).toBe('It is not shared.\n');
    expect(await wb(api, ['share', 'add', 'Ours', 'bob', '--role', 'owner'])).toMatchObject({ code: 2 });
    expect(await wb(api, ['share', 'add', 'Ours', 'bob', '--until', 'soon'])).toMatchObject({ code: 2 });
  });

  it('creates, lists and revokes links', async () => {
    const { api } = await LocalServer.start(await createDataDir());
    await wb(api, ['create', '--name', 'Ours']);
    expect((await wb(api, ['link', 'list', 'Ours'])).out).toBe('It has no links.\n');
    const created = await wb(api, ['link', 'create', 'Ours', '--uses', '2', '--until', '2099-01-31T18:00Z']);
    expect(created).toMatchObject({ code: 0, err: expect.stringContaining('It is shown only once.') });
    const [described = '', code = ''] = created.out.split('\n');
    const times = 'until 2099-01-31T18:00:00.000Z, gives shares until 2099-01-31T18:00:00.000Z';
    expect(described).toMatch(new RegExp(`^\\S+ {2}use {2}2 of 2 uses left, ${times}$`));
    const redeemed = await fetch(`${api}/share-links/redeem?user_id=bob`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code }),
    });
    expect(redeemed.status).toBe(200);

    const listed = await wb(api, ['link', 'list', 'Ours', '--json']);
    const [link] = JSON.parse(listed.out) as { link_id: string; uses_left: number }[];
    expect(link?.uses_left).toBe(1);
    expect(listed.out).not.toContain(code);
    const id = link?.link_id ?? '';
    expect((await wb(api, ['link', 'revoke', 'Ours', id])).out).toBe('The link is revoked.\n');
    expect((await wb(api, ['share', 'list', 'Ours'])).out).toContain('user:bob  use');
    const revoked = await wb(api, ['link', 'revoke', 'Ours', id, '--shares', '--json']);
    expect(JSON.parse(revoked.out)).toMatchObject({ link_id: id, shares: true });
    expect((await wb(api, ['share', 'list', 'Ours'])).out).toBe('It is not shared.\n');
    expect(await wb(api, ['link', 'create', 'Ours', '--uses', '101'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('from 1 to 100'),
    });
  });

  it('prints a link on a terminal with its address in a line of its own', async () => {
    const secret = 's'.repeat(32);
    const { api } = await LocalServer.start(await createDataDir(), { WB_LOCAL_TOKEN: secret });
    const environment = { WORKBENCH_TOKEN: secret };
    await wb(api, ['create', '--name', 'Ours'], environment);
    const shown = onTerminal(api, 'link create Ours', environment);
    expect(shown).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\.wb\/share#\S{87}\r?$/m);
    expect(shown).toContain('exit 0');
    expect(onTerminal(api, 'link list Ours', environment)).not.toContain('#');
  });

  it('shows what a workbench prints, without control characters, until it has stopped', async () => {
    const command = `printf 'one\\n\\033[31mred\\033[0m \\007\\ttab\\n'; exec sleep 1000`;
    const { api } = await LocalServer.start(await createDataDir(), { WB_BOOT_COMMAND: command });
    await wb(api, ['create', '--name', 'Talks']);
    await expect.poll(async () => (await wb(api, ['logs', 'Talks'])).out).toBe('one\nred  \ttab\n');
    expect((await wb(api, ['logs', 'Talks', '-n', '1'])).out).toBe('red  \ttab\n');
    const [line] = (await wb(api, ['logs', 'Talks', '--json'])).out.split('\n');
    expect(JSON.parse(line ?? '')).toEqual({ text: 'one' });
    const follower = start(api, ['logs', 'Talks', '--follow']);
    await expect.poll(() => follower.output.out).toContain('one\n');
    await wb(api, ['stop', 'Talks', '--wait']);
    expect(await follower.finished).toMatchObject({ code: 0, err: '' });
  });

  it('extends the time until an unused workbench is stopped', async () => {
    const { api } = await LocalServer.start(await createDataDir());
    await wb(api, ['create', '--name', 'Kept', '--wait']);
    const before = Date.now();
    const { code, out } = await wb(api, ['extend', 'Kept', '90', '--json']);
    expect(code).toBe(0);
    const until = Date.parse((JSON.parse(out) as { keepalive_until?: string }).keepalive_until ?? '');
    expect(until).toBeGreaterThanOrEqual(before + 90 * 60_000);
    expect((await wb(api, ['extend', 'Kept', 'long'])).code).toBe(2);
  });

  it('says who the caller is', async () => {
    const { api } = await LocalServer.start(await createDataDir());
    expect((await wb(api, ['whoami'])).out).toMatch(/^user +ada\nAPI +http:.*\nwith +no authorization$/m);
    expect(JSON.parse((await wb(api, ['whoami', '--json'])).out)).toMatchObject({ user_id: 'ada', api });
  });

  it('shows the limits and the use of a user', async () => {
    const { api } = await LocalServer.start(await createDataDir(), { WB_USER_RUNNING_MAX: '3' });
    const { out } = await wb(api, ['quota']);
    expect(out).toMatch(/^workbenches +0 no limit$/m);
    expect(out).toMatch(/^running +0 of 3 {2}\(installation\)$/m);
  });

  it('shows what a workbench would cost and leave, and creates none', async () => {
    const { api } = await LocalServer.start(await createDataDir(), { WB_USER_RUNNING_MAX: '3' });
    const { out } = await wb(api, ['create', '--dry-run']);
    expect(out).toMatch(/^Price {8}0 USD an hour while it runs, .*not the bill\)$/m);
    expect(out).toMatch(/^running +1 requested, 2 left$/m);
    expect((await wb(api, ['list', '--json'])).out).toBe('[]\n');
  });

  it('shows the usual time of a start once one was measured', async () => {
    const { api } = await LocalServer.start(await createDataDir());
    await wb(api, ['create', '--name', 'First', '--wait']);
    const { err } = await wb(api, ['create', '--name', 'Second', '--wait']);
    expect(err).toMatch(/^Second: \w+.*, \d+ s, usually \d+ s$/m);
  });

  it('asks which workbench is meant if more than one fits', async () => {
    const { api } = await LocalServer.start(await createDataDir());
    for (let index = 0; index < 2; index += 1) await wb(api, ['create', '--name', 'Twin']);
    const { code, err } = await wb(api, ['stop', 'Twin']);
    expect(code).toBe(6);
    expect(err.match(/^ {2}[0-9a-z]{26} {2}Twin$/gm)).toHaveLength(2);
    expect(await wb(api, ['stop', 'nothing'])).toMatchObject({
      code: 6,
      err: expect.stringContaining('wb list'),
    });
  });

  it('asks for the name on a terminal before it deletes', async () => {
    const { api } = await LocalServer.start(await createDataDir());
    await wb(api, ['create', '--name', 'Kept']);
    const child = spawn('script', ['-qec', terminalCommand('delete Kept'), '/dev/null'], {
      env: { ...process.env, WORKBENCH_API: api, WORKBENCH_USER: 'ada', TERM: 'xterm' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let shown = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
    });
    await expect.poll(() => shown).toContain('Type its name');
    child.stdin.write('Wrong\r');
    const [code] = await once(child, 'close');
    expect([code, shown]).toEqual([1, expect.stringContaining('Nothing was deleted.')]);
    expect((await wb(api, ['show', 'Kept'])).code).toBe(0);
  });
});

describe('a start that does not become ready', () => {
  const SETTINGS = { WB_BOOT_COMMAND: 'exec sleep 1000' };

  it('goes on after Ctrl-C, which ends the wait', async () => {
    const { api } = await LocalServer.start(await createDataDir(), SETTINGS);
    const { child, output, finished } = start(api, ['create', '--name', 'Slow', '--wait']);
    await expect.poll(() => output.err).toContain('Slow: ');
    child.kill('SIGINT');
    expect(await finished).toMatchObject({
      code: 130,
      err: expect.stringMatching(/Stopped waiting\. The start of Slow goes on: wb show [0-9a-z]{26}\n$/),
    });
    expect((await wb(api, ['show', 'Slow'])).out).not.toMatch(/^status +stop/m);
  });

  it('ends the wait after --timeout with the last status', async () => {
    const { api } = await LocalServer.start(await createDataDir(), SETTINGS);
    const { code, err } = await wb(api, ['create', '--name', 'Slow', '--wait', '--timeout', '1']);
    expect([code, err]).toEqual([4, expect.stringContaining('the workbench is not running. Its status: ')]);
  });

  it('ends the wait with the reason when it has failed', async () => {
    const { api } = await LocalServer.start(await createDataDir(), { WB_BOOT_COMMAND: 'exit 3' });
    const { code, err } = await wb(api, ['create', '--name', 'Broken', '--wait']);
    expect([code, err]).toEqual([3, expect.stringContaining('wb: The workbench does not start: stopped, ')]);
  });
});

describe('an error', () => {
  const KEY = 'k'.repeat(32);

  test.each([
    ['without a server', ['list'], {}, 5, 'No response from http://127.0.0.1:1'],
    ['an unknown command', ['creat'], {}, 2, "unknown command 'creat'"],
    ['a wrong number', ['create', '--cpu', 'two'], {}, 2, 'It must be a number of processors.'],
    ['an address that is none', ['--api', 'nonsense', 'list'], {}, 2, 'http or https URL'],
    ['a key with a line break', ['list'], { WORKBENCH_TOKEN: 'a\nb' }, 2, 'WORKBENCH_TOKEN contains'],
    ['an unknown shell', ['completion', 'csh'], {}, 2, 'not for csh'],
  ] as const)('says what is wrong: %s', async (_, args, environment, code, message) => {
    const { code: exitCode, err, out } = await wb('http://127.0.0.1:1', args, environment);
    expect([exitCode, out]).toEqual([code, '']);
    expect(err).toContain(message);
    expect(err).not.toContain('    at ');
  });

  it('names a wrong key without printing it, and each invalid field', async () => {
    const { api } = await LocalServer.start(await createDataDir(), { RESTAPI_AUTH_STATIC_KEY: KEY });
    const wrong = await wb(api, ['list'], { WORKBENCH_TOKEN: 'w'.repeat(32) });
    expect(wrong.code).toBe(7);
    expect(wrong.err).not.toContain('www');
    const doctor = await wb(api, ['doctor'], { WORKBENCH_TOKEN: 'w'.repeat(32) });
    expect(doctor).toMatchObject({ code: 1, out: expect.stringMatching(/^FAIL {2}authorization/m) });
    expect((await wb(api, ['doctor'], { WORKBENCH_TOKEN: KEY })).code).toBe(0);
    const invalid = await wb(api, ['create', '--cpu', '0.001'], { WORKBENCH_TOKEN: KEY });
    expect(invalid).toMatchObject({ code: 1, err: expect.stringContaining('  requested_cpu: ') });
  });
});

describe('the output', () => {
  it('has colors on a terminal only, and not with NO_COLOR', async () => {
    const { api } = await LocalServer.start(await createDataDir());
    await wb(api, ['create', '--name', 'First', '--wait']);
    expect(onTerminal(api, 'list')).toContain('\x1b[32mrunning');
    expect(onTerminal(api, 'list', { NO_COLOR: '1' })).not.toContain('\x1b[');
    expect((await wb(api, ['list'])).out).not.toContain('\x1b[');
  });

  it('contains scripts for the completion of each shell, and bash uses its one', async () => {
    const { out } = await wb('http://127.0.0.1:1', ['completion', 'bash']);
    const complete = 'COMP_WORDS=(wb st); COMP_CWORD=1; _wb; echo "${COMPREPLY[@]}"';
    const { stdout } = spawnSync('bash', ['-c', `${out}\n${complete}`], { encoding: 'utf8' });
    expect(stdout.trim()).toBe('start stop');
    const ofLink = 'COMP_WORDS=(wb link re); COMP_CWORD=2; _wb; echo "${COMPREPLY[@]}"';
    expect(spawnSync('bash', ['-c', `${out}\n${ofLink}`], { encoding: 'utf8' }).stdout.trim()).toBe('revoke');
    for (const shell of ['zsh', 'fish']) {
      expect((await wb('http://127.0.0.1:1', ['completion', shell])).out).toContain('restart');
    }
  });
});
