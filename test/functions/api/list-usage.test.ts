import { describe, expect, it } from 'vitest';
import { usageResponseSchema } from '#contract/cost-bodies.ts';
import { build as buildCreate } from '#functions/api/create-workbench.ts';
import { build as buildDelete } from '#functions/api/delete-workbench.ts';
import { build } from '#functions/api/list-usage.ts';
import { aUsageEntry } from '#test/contracts/usage-store.ts';
import { call, settingsWith, tokenOf, worldWithIds } from '../call-api.ts';

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
  const list = (text = query, headers = {}) => call(build(ports, settings), { query: text, headers });
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

  it('shows a user only the own usage', async () => {
    const { ports, settings } = await setUp();
    const listAs = (text: string) =>
      call(build(ports, settings), { query: text, authorizer: tokenOf('grace') });
    expect((await listAs('')).status).toBe(200);
    expect((await listAs('user_id=ada')).status).toBe(403);
  });
});
