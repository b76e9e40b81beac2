import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { listResponseSchema, type WorkbenchItem } from '#contract/response-bodies.ts';
import { buildCreateWorkbench as buildCreate } from '#functions/api/create-workbench.ts';
import { buildListWorkbenches } from '#functions/api/workbenches.ts';
import type { ApiHandler } from '#functions/middleware/gateway.ts';
import { aShare } from '#test/builders/share.ts';
import { call, settingsWith, tokenOf, worldWithIds } from '../call-api.ts';

describe('GET /workbenches', () => {
  let list: ApiHandler;
  let newestFirst: string[];

  beforeEach(async () => {
    const { world, ports } = worldWithIds();
    const create = buildCreate(ports, settingsWith());
    list = buildListWorkbenches(ports, settingsWith());
    newestFirst = [];
    for (let i = 0; i < 7; i += 1) {
      world.clock.advance(1000);
      newestFirst.unshift((await call(create, { query: 'user_id=ada' })).body.item.workbench_id);
    }
    await call(create, { query: 'user_id=bob' });
  });

  const idsOf = (body: { items: { workbench_id: string }[] }) => body.items.map((item) => item.workbench_id);

  it("lists the user's workbenches, newest first, including the last one created", async () => {
    const { status, body } = await call(list, { query: 'user_id=ada' });
    expect(status).toBe(200);
    expect(idsOf(body)).toEqual(newestFirst);
    expect(body).not.toHaveProperty('next_cursor');
    expect(listResponseSchema.parse(body)).toEqual(body);
  });

  it('lists what others share with the user, with a role each and a cursor of this user', async () => {
    const { world, ports } = worldWithIds();
    const create = buildCreate(ports, settingsWith());
    const shared = buildListWorkbenches(ports, settingsWith());
    const ids: string[] = [];
    for (let i = 0; i < 3; i += 1) {
      world.clock.advance(1000);
      ids.unshift((await call(create, { query: 'user_id=ada' })).body.item.workbench_id);
      await ports.shares.put(aShare({ workbenchId: ids[0] ?? '', role: 'manage' }));
    }
    await call(create, { query: 'user_id=bob' });
    const first = await call(shared, { query: 'shared=true&limit=2', authorizer: tokenOf('bob') });
    expect(idsOf(first.body)).toEqual(ids.slice(0, 2));
    expect(first.body.items[0]).toMatchObject({ user_id: 'ada', role: 'manage' });
    expect(listResponseSchema.parse(first.body)).toEqual(first.body);
    const cursor = `shared=true&limit=2&cursor=${first.body.next_cursor}`;
    const rest = await call(shared, { query: cursor, authorizer: tokenOf('bob') });
    expect(idsOf(rest.body)).toEqual(ids.slice(2));
    expect((await call(shared, { query: cursor, authorizer: tokenOf('eve') })).status).toBe(400);
    expect(idsOf((await call(shared, { query: 'shared=true', authorizer: tokenOf('ada') })).body)).toEqual(
      [],
    );
    expect(await call(shared, { query: 'shared=yes', authorizer: tokenOf('bob') })).toMatchObject({
      status: 400,
      body: { error: { fields: { shared: expect.any(String) } } },
    });
  });

  it('has the last activity of running and stopped workbenches, by one read', async () => {
    const { world, ports } = worldWithIds();
    const create = buildCreate(ports, settingsWith());
    const [used = '', unused = ''] = [
      (await call(create, { query: 'user_id=ada' })).body.item.workbench_id,
      (await call(create, { query: 'user_id=ada' })).body.item.workbench_id,
    ];
    for (const workbenchId of [used, unused])
      await world.waitForStatus({ userId: 'ada', workbenchId }, 'running');
    const starting = (await call(create, { query: 'user_id=ada' })).body.item.workbench_id;
    const at = world.clock.now();
    await ports.activity.record(used, at);
    await ports.activity.record(starting, at);
    const reads: (readonly string[])[] = [];
    const read: typeof ports.activity.read = (ids) => {
      reads.push(ids);
      return ports.activity.read(ids);
    };
    const { body } = await call(buildListWorkbenches({ ...ports, activity: { read } }, settingsWith()), {
      query: 'user_id=ada',
    });
    expect(body.items.map(({ last_activity_at }: WorkbenchItem) => last_activity_at)).toEqual([
      undefined,
      undefined,
      new Date(at).toISOString(),
    ]);
    expect(reads).toEqual([[unused, used]]);
    expect(listResponseSchema.parse(body)).toEqual(body);
  });

  describe('with filters', () => {
    let filtered: (query: string) => Promise<Awaited<ReturnType<typeof call>>>;

    beforeEach(async () => {
      const { world, ports } = worldWithIds();
      const create = buildCreate(ports, settingsWith());
      const handler = buildListWorkbenches(ports, settingsWith());
      const bodies = [
        { workbench_name: 'One', labels: { team: 'research', stage: 'x' } },
        { workbench_name: 'Two', labels: { team: 'research' } },
        { workbench_name: 'one more' },
      ];
      for (const body of bodies) {
        world.clock.advance(1000);
        const { item } = (await call(create, { query: 'user_id=ada', body })).body;
        await ports.shares.put(aShare({ workbenchId: item.workbench_id }));
      }
      filtered = (query) => call(handler, { query, authorizer: tokenOf('ada') });
      const forBob = (query: string) => call(handler, { query, authorizer: tokenOf('bob') });
      expect(namesIn((await forBob('shared=true&q=one')).body)).toEqual(['one more', 'One']);
    });

    const namesIn = (body: { items: WorkbenchItem[] }) => body.items.map((item) => item.workbench_name);

    it.each([
      ['status=starting', ['one more', 'Two', 'One']],
      ['status=running', []],
      ['name=One', ['One']],
      ['q=one', ['one more', 'One']],
      ['q=search', ['Two', 'One']],
      ['label=team:research', ['Two', 'One']],
      ['label=team%3Aresearch%2Cstage%3Ax', ['One']],
      ['label=team:research&name=Two', ['Two']],
      ['label=team:', []],
    ])('lists what matches %s', async (query, names) => {
      const { status, body } = await filtered(query);
      expect([status, namesIn(body)]).toEqual([200, names]);
    });

    it('goes on after the last match of a page', async () => {
      const { body } = await filtered('q=one&limit=1');
      expect(namesIn(body)).toEqual(['one more']);
      expect(namesIn((await filtered(`q=one&limit=1&cursor=${body.next_cursor}`)).body)).toEqual(['One']);
    });

    it.each([
      ['status=unknown', 'status'],
      ['status=', 'status'],
      ['name=', 'name'],
      [`q=${'x'.repeat(129)}`, 'q'],
      ['q=a&q=b', 'q'],
      ['label=team', 'label'],
      ['label=team:a,team:b', 'label'],
      ['label=:a', 'label'],
      ['label=', 'label'],
      [`label=a:${'x'.repeat(65)}`, 'label'],
    ])('is 400 for %s', async (query, field) => {
      const { status, body } = await filtered(query);
      expect([status, Object.keys(body.error.fields)]).toEqual([400, [field]]);
    });
  });

  it('is empty for a user without workbenches', async () => {
    expect((await call(list, { query: 'user_id=nobody' })).body).toEqual({ success: true, items: [] });
  });

  it.each([1, 2, 3, 7, 8, 100])('returns each workbench once, in pages of %d', async (limit) => {
    const ids: string[] = [];
    let cursor = '';
    do {
      const { body } = await call(list, {
        query: `user_id=ada&limit=${limit}${cursor && `&cursor=${cursor}`}`,
      });
      expect(body.items.length).toBeLessThanOrEqual(limit);
      ids.push(...idsOf(body));
      cursor = body.next_cursor ?? '';
    } while (cursor !== '');
    expect(ids).toEqual(newestFirst);
  });

  it.each(['0', '-1', '101', '1000', '1.5', 'ten', '', '1e1', '٣', '+1', ' 1'])(
    'is 400 for the limit %j',
    async (limit) => {
      const response = await call(list, { query: `user_id=ada&limit=${encodeURIComponent(limit)}` });
      expect(response.status).toBe(400);
      expect(response.body.error.fields).toHaveProperty('limit');
    },
  );

  it('is 400 for a cursor of another user and for an invalid cursor', async () => {
    const { body } = await call(list, { query: 'user_id=ada&limit=1' });
    for (const query of [
      `user_id=bob&cursor=${body.next_cursor}`,
      'user_id=ada&cursor=',
      'user_id=ada&cursor=x',
      `user_id=ada&cursor=${newestFirst[0]}`,
    ]) {
      const response = await call(list, { query });
      expect(response, query).toMatchObject({ status: 400, body: { error: { code: 'invalid_request' } } });
      expect(response.body.error.fields).toHaveProperty('cursor');
    }
  });

  it('reports all invalid parameters together', async () => {
    const { body } = await call(list, { query: 'user_id=a&user_id=b&limit=0&cursor=%ff' });
    expect(Object.keys(body.error.fields).sort()).toEqual(['cursor', 'limit', 'user_id']);
  });

  it("lists the workbenches of the token's user if user_id is left out", async () => {
    const { body } = await call(list, { query: 'limit=2', authorizer: tokenOf('ada') });
    expect(idsOf(body)).toEqual(newestFirst.slice(0, 2));
  });

  it('never causes an internal error', async () => {
    const value = fc.oneof(fc.string(), fc.string().map(encodeURIComponent));
    await fc.assert(
      fc.asyncProperty(value, value, fc.string(), async (limit, cursor, rest) => {
        const response = await call(list, { query: `user_id=ada&limit=${limit}&cursor=${cursor}&${rest}` });
        expect(response.status).toBeLessThan(500);
      }),
    );
  });
});
