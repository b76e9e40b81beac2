import { describe, expect, it } from 'vitest';
import { usageResponseSchema } from '#contract/cost-bodies.ts';
import { buildCreateWorkbench as buildCreate } from '#functions/api/create-workbench.ts';
import { buildListUsage } from '#functions/api/usage.ts';
import { buildDeleteWorkbench as buildDelete } from '#functions/api/workbench-commands.ts';
import { aUsageEntry } from '#test/contracts/usage-store.ts';
import { call, STATIC_KEY, settingsWith, tokenOf, worldWithIds } from '../call-api.ts';

const HOUR = 3_600_000;
const query = 'user_id=ada';

async function setUp() {
  const { world, ports } = worldWithIds();
  const settings = settingsWith();
  const create = async (name: string) => {
    const { item } = (await call(buildCreate(ports, settings), { query, body: { workbench_name: name } }))
      .body;
    const key = { userId: 'ada', workbenchId: item.workbench_id as string };
    await world.waitForStatus(key, 'running');
    return key;
  };
  const list = (text = query, headers = {}) =>
    call(buildListUsage(ports, settings), { query: text, headers });
  return { world, ports, settings, create, list };
}

describe('GET /usage', () => {
  it('has what each workbench has cost in this month, and the sum', async () => {
    const { world, create, list } = await setUp();
    const first = await create('one');
    world.clock.advance(HOUR);
    const second = await create('two');
    world.clock.advance(HOUR);
    const { status, body } = await list();
    expect(status).toBe(200);
    expect(usageResponseSchema.parse(body)).toEqual(body);
    expect(body.items).toMatchObject([
      { workbench_id: second.workbenchId, workbench_name: 'two', user_id: 'ada' },
      { workbench_id: first.workbenchId, workbench_name: 'one', user_id: 'ada' },
    ]);
    const [two, one] = body.items;
    expect(one.hours_running).toBeGreaterThanOrEqual(2);
    expect(one.usd).toBeCloseTo(two.usd * (one.hours_running / two.hours_running), 3);
    expect(body.total.usd).toBeCloseTo(one.usd + two.usd, 6);
    expect(body).toMatchObject({ currency: 'USD', month: '2030-01' });
  });

  it('still has a workbench that was deleted', async () => {
    const { world, ports, settings, create, list } = await setUp();
    const key = await create('one');
    world.clock.advance(HOUR);
    await call(buildDelete(ports, settings), { query, wid: key.workbenchId });
    await world.waitUntilGone(key);
    const { items } = (await list()).body;
    expect(items).toMatchObject([{ workbench_id: key.workbenchId, workbench_name: 'one' }]);
    expect(items[0].hours_running).toBeGreaterThanOrEqual(1);
  });

  it('counts a meter once while both its record and its entry are stored', async () => {
    const { world, ports, create, list } = await setUp();
    const key = await create('one');
    world.clock.advance(HOUR);
    const before = (await list()).body;
    const { meter, revision } = await world.read(key);
    const entry = { ...key, month: '2030-01', seq: meter?.seq ?? 0, revision, micros: 5_000_000, ms: HOUR };
    await ports.usage.save([aUsageEntry(entry)]);
    expect((await list()).body).toEqual(before);
    await ports.usage.save([aUsageEntry({ ...entry, seq: 99 })]);
    expect((await list()).body.total.usd).toBeCloseTo(before.total.usd + 5, 6);
  });

  it('has a month that has ended', async () => {
    const { world, create, list } = await setUp();
    await create('one');
    world.clock.advance(31 * 24 * HOUR);
    const [january, february] = [
      (await list(`${query}&month=2030-01`)).body,
      (await list(`${query}&month=2030-02`)).body,
    ];
    expect(january.total.hours_running + february.total.hours_running).toBeGreaterThanOrEqual(31 * 24);
    expect(january.total.usd).toBeGreaterThan(february.total.usd);
  });

  it('lists every workbench once over pages, records and entries alike', async () => {
    const { ports, create, list } = await setUp();
    const keys = [await create('a'), await create('b'), await create('c')];
    const gone = [1, 2, 3].map((n) => `0000000000000000000000000${n}`);
    await ports.usage.save(gone.map((workbenchId) => aUsageEntry({ month: '2030-01', workbenchId })));
    const ids: string[] = [];
    let cursor = '';
    let pages = 0;
    do {
      const { body } = await list(`${query}&limit=2${cursor}`);
      for (const { workbench_id: id } of body.items) ids.push(id);
      cursor = body.next_cursor === undefined ? '' : `&cursor=${body.next_cursor}`;
      pages += 1;
    } while (cursor !== '');
    expect(ids).toEqual([...keys.map(({ workbenchId }) => workbenchId), ...gone].sort().reverse());
    expect(pages).toBe(2);
  });

  it('is a file for spreadsheets as CSV, in which no name is a formula', async () => {
    const { create, list } = await setUp();
    const key = await create('=HYPERLINK("http://evil.example","x")');
    const { status, headers, body } = await list(`${query}&format=csv`);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="usage-2030-01.csv"',
      'cache-control': 'no-store',
    });
    const [header, row, end] = String(body).split('\r\n');
    expect(header).toBe('"month","user_id","workbench_id","workbench_name","hours_running","usd"');
    expect(row).toMatch(
      new RegExp(
        `^"2030-01","ada","${key.workbenchId}","'=HYPERLINK\\(""http://evil.example"",""x""\\)",[\\d.]+,[\\d.]+$`,
      ),
    );
    expect(end).toBe('');
  });

  it('is CSV for a client that accepts CSV', async () => {
    const { list } = await setUp();
    expect((await list(query, { accept: 'text/csv' })).headers['content-type']).toMatch(/^text\/csv/);
    expect((await list(`${query}&format=json`, { accept: 'text/csv' })).body).toMatchObject({
      success: true,
    });
  });

  it.each([
    ['month=2030-13', 'month'],
    ['month=2030-1', 'month'],
    ['month=2030-01&month=2030-01', 'month'],
    ['format=xml', 'format'],
    ['limit=0', 'limit'],
    ['cursor=x', 'cursor'],
  ])('refuses %s', async (parameters, field) => {
    const { list } = await setUp();
    const { status, body } = await list(`${query}&${parameters}`);
    expect([status, Object.keys(body.error.fields)]).toEqual([400, [field]]);
  });

  it('is empty for a month that has not begun', async () => {
    const { list } = await setUp();
    expect((await list(`${query}&month=2031-01`)).body).toMatchObject({ month: '2031-01', items: [] });
  });

  it('shows users only their own usage', async () => {
    const { ports, settings } = await setUp();
    const listAs = (text: string) =>
      call(buildListUsage(ports, settings), { query: text, authorizer: tokenOf('grace') });
    expect((await listAs('')).status).toBe(200);
    expect((await listAs('user_id=ada')).status).toBe(403);
  });

  it('has the sum of each day', async () => {
    const { world, create, list } = await setUp();
    await create('one');
    world.clock.advance(50 * HOUR);
    const { days, total } = (await list()).body;
    expect(days.map(({ day }: { day: string }) => day)).toEqual(['2030-01-01', '2030-01-02', '2030-01-03']);
    expect(days[1].hours_running).toBe(24);
    const usd = days.reduce((sum: number, day: { usd: number }) => sum + day.usd, 0);
    expect(usd).toBeCloseTo(total.usd, 5);
    const csv = String((await list(`${query}&format=csv&by=day`)).body).split('\r\n');
    expect(csv[0]).toBe('"day","hours_running","usd"');
    expect(csv[2]).toBe(`"2030-01-02",24,${days[1].usd}`);
    expect((await list(`${query}&by=hour`)).body.error.fields).toHaveProperty('by');
  });
});

describe('GET /usage of more than one user', () => {
  /** Ada and Bob are in a group, and each has a workbench that ran for at least an hour; Eve has one and is in no group. */
  async function setUpUsers() {
    const { world, ports } = worldWithIds();
    const settings = settingsWith();
    const createFor = async (user: string, groups: readonly string[], name: string) => {
      const authorizer = tokenOf(user, groups.length === 0 ? {} : { groups: JSON.stringify(groups) });
      const { body } = await call(buildCreate(ports, settings), {
        body: { workbench_name: name },
        authorizer,
      });
      const key = { userId: user, workbenchId: body.item.workbench_id as string };
      await world.waitForStatus(key, 'running');
      return key;
    };
    await createFor('ada', ['research', 'staff'], 'a');
    await createFor('bob', ['research'], 'b');
    await createFor('eve', [], 'e');
    world.clock.advance(HOUR);
    const list = (text: string, authorizer = STATIC_KEY) =>
      call(buildListUsage(ports, settings), { query: text, authorizer });
    return { world, ports, settings, createFor, list };
  }

  it('has the workbenches and the sum of each user', async () => {
    const { list } = await setUpUsers();
    const { status, body } = await list('all=true');
    expect(status).toBe(200);
    expect(usageResponseSchema.parse(body)).toEqual(body);
    expect(body.users).toMatchObject([
      { user_id: 'ada', groups: ['research', 'staff'] },
      { user_id: 'bob', groups: ['research'] },
      { user_id: 'eve', groups: [] },
    ]);
    expect(body.items).toMatchObject([
      { user_id: 'ada', workbench_name: 'a' },
      { user_id: 'bob', workbench_name: 'b' },
      { user_id: 'eve', workbench_name: 'e' },
    ]);
    expect(body.users[0].usd).toBe(body.items[0].usd);
    expect(body.total.usd).toBeCloseTo(body.items[0].usd + body.items[1].usd + body.items[2].usd, 6);
    expect(body.days).toMatchObject([{ day: '2030-01-01', usd: body.total.usd }]);
  });

  it('has only the users of a group, as their own tokens last proved it', async () => {
    const { ports, settings, createFor, list } = await setUpUsers();
    const usersOf = async (group: string) =>
      ((await list(`group=${group}`)).body.users as { user_id: string }[]).map((user) => user.user_id);
    expect(await usersOf('research')).toEqual(['ada', 'bob']);
    expect(await usersOf('staff')).toEqual(['ada']);
    expect(await usersOf('none')).toEqual([]);
    await createFor('ada', ['staff'], 'second');
    expect(await usersOf('research')).toEqual(['bob']);
    // A backend that creates a workbench for a user proves no groups, and takes none away.
    await call(buildCreate(ports, settings), { query: 'user_id=bob', body: {} });
    expect(await usersOf('research')).toEqual(['bob']);
  });

  it('lists every user and workbench once over pages', async () => {
    const { ports, list } = await setUpUsers();
    // More workbenches than one page has of a user.
    const workbenches = Array.from(
      { length: 1200 },
      (_, n) => `0000000000000000000000${String(n).padStart(4, '0')}`,
    );
    await ports.usage.save(
      workbenches.map((workbenchId) => aUsageEntry({ userId: 'bob', month: '2030-01', workbenchId })),
    );
    const items: string[] = [];
    const users: string[] = [];
    let cursor = '';
    do {
      const { body } = await list(`all=true&limit=2${cursor}`);
      items.push(...body.items.map((item: { workbench_id: string }) => item.workbench_id));
      users.push(...body.users.map((user: { user_id: string }) => user.user_id));
      cursor = body.next_cursor === undefined ? '' : `&cursor=${body.next_cursor}`;
    } while (cursor !== '');
    expect(new Set(items).size).toBe(1203);
    expect(items).toHaveLength(1203);
    expect(users).toEqual(['ada', 'bob', 'bob', 'eve']);
  });

  it('is CSV with a line for each user', async () => {
    const { list } = await setUpUsers();
    const lines = String((await list('all=true&format=csv&by=user')).body).split('\r\n');
    expect(lines[0]).toBe('"month","user_id","hours_running","usd"');
    expect(lines.slice(1).map((line) => line.split(',')[1])).toEqual(['"ada"', '"bob"', '"eve"', undefined]);
  });

  it.each(['all=true', 'group=research', 'all=true&user_id=ada', 'all=&user_id=ada', 'all=true&all=true'])(
    'is for administrators only: %s',
    async (text) => {
      const { list } = await setUpUsers();
      const { status, body } = await list(text, tokenOf('ada'));
      expect(status).toBe(403);
      expect(body.error).toMatchObject({ code: 'forbidden', reason: 'admin_required' });
    },
  );

  it.each([
    ['all=yes', 'all'],
    ['group=', 'group'],
    ['group=a&all=true', 'group'],
    ['all=true&cursor=x', 'cursor'],
    [`all=true&cursor=${Buffer.from('["ada","x"]').toString('base64url')}`, 'cursor'],
    ['all=true&limit=0', 'limit'],
  ])('refuses %s', async (text, field) => {
    const { list } = await setUpUsers();
    const { status, body } = await list(text);
    expect(status).toBe(400);
    expect(body.error.fields).toHaveProperty(field);
  });
});
