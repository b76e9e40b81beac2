import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { listResponseSchema } from '#contract/response-bodies.ts';
import { build as buildCreate } from '#functions/api/create-workbench.ts';
import { build } from '#functions/api/list-workbenches.ts';
import type { ApiHandler } from '#functions/middleware/gateway.ts';
import { call, settingsWith, tokenOf, worldWithIds } from '../call-api.ts';

describe('GET /workbenches', () => {
  let list: ApiHandler;
  let newestFirst: string[];

  beforeEach(async () => {
    const { world, ports } = worldWithIds();
    const create = buildCreate(ports, settingsWith());
    list = build(ports, settingsWith());
    newestFirst = [];
    for (let i = 0; i < 7; i += 1) {
      world.clock.advance(1000);
      newestFirst.unshift((await call(create, { query: 'user_id=ada' })).body.item.workbench_id);
    }
    await call(create, { query: 'user_id=bob' });
  });

  const idsOf = (body: { items: { workbench_id: string }[] }) => body.items.map((item) => item.workbench_id);

  it("lists the user's workbenches, newest first, with what was just created", async () => {
    const { status, body } = await call(list, { query: 'user_id=ada' });
    expect(status).toBe(200);
    expect(idsOf(body)).toEqual(newestFirst);
    expect(body).not.toHaveProperty('next_cursor');
    expect(listResponseSchema.parse(body)).toEqual(body);
  });

  it('is empty for a user without any', async () => {
    expect((await call(list, { query: 'user_id=nobody' })).body).toEqual({ success: true, items: [] });
  });

  it.each([1, 2, 3, 7, 8, 100])('gives each of them once, in pages of %d', async (limit) => {
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await call(list, {
        query: `user_id=ada&limit=${limit}${cursor && `&cursor=${cursor}`}`,
      });
      expect(body.items.length).toBeLessThanOrEqual(limit);
      seen.push(...idsOf(body));
      cursor = body.next_cursor ?? '';
    } while (cursor !== '');
    expect(seen).toEqual(newestFirst);
  });

  it.each(['0', '-1', '101', '1000', '1.5', 'ten', '', '1e1', '٣', '+1', ' 1'])(
    'is 400 for the limit %j',
    async (limit) => {
      const answered = await call(list, { query: `user_id=ada&limit=${encodeURIComponent(limit)}` });
      expect(answered.status).toBe(400);
      expect(answered.body.error.fields).toHaveProperty('limit');
    },
  );

  it("is 400 for another user's cursor, and for what is none", async () => {
    const { body } = await call(list, { query: 'user_id=ada&limit=1' });
    for (const query of [
      `user_id=bob&cursor=${body.next_cursor}`,
      'user_id=ada&cursor=',
      'user_id=ada&cursor=x',
      `user_id=ada&cursor=${newestFirst[0]}`,
    ]) {
      const answered = await call(list, { query });
      expect(answered, query).toMatchObject({ status: 400, body: { error: { code: 'invalid_request' } } });
      expect(answered.body.error.fields).toHaveProperty('cursor');
    }
  });

  it('names everything that is bad in the query at once', async () => {
    const { body } = await call(list, { query: 'user_id=a&user_id=b&limit=0&cursor=%ff' });
    expect(Object.keys(body.error.fields).sort()).toEqual(['cursor', 'limit', 'user_id']);
  });

  it("lists the token's own when no user is named", async () => {
    const { body } = await call(list, { query: 'limit=2', authorizer: tokenOf('ada') });
    expect(idsOf(body)).toEqual(newestFirst.slice(0, 2));
  });

  it('is never an error of ours, whatever the query is', async () => {
    const value = fc.oneof(fc.string(), fc.string().map(encodeURIComponent));
    await fc.assert(
      fc.asyncProperty(value, value, fc.string(), async (limit, cursor, rest) => {
        const answered = await call(list, { query: `user_id=ada&limit=${limit}&cursor=${cursor}&${rest}` });
        expect(answered.status).toBeLessThan(500);
      }),
    );
  });
});
