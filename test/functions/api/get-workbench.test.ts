import { describe, expect, it } from 'vitest';
import { itemResponseSchema } from '#contract/response-bodies.ts';
import { build as buildCreate } from '#functions/api/create-workbench.ts';
import { build } from '#functions/api/get-workbench.ts';
import { call, settingsWith, tokenOf, worldWithIds } from '../call-api.ts';

const query = 'user_id=ada';

async function setUp() {
  const { world, ports } = worldWithIds();
  const settings = settingsWith();
  const { item } = (await call(buildCreate(ports, settings), { query })).body;
  const wid: string = item.workbench_id;
  return { world, ports, wid, key: { userId: 'ada', workbenchId: wid }, get: build(ports, settings) };
}

describe('GET /workbenches/{wid}', () => {
  it('returns the item, and Retry-After while the workbench is in transition', async () => {
    const { world, get, wid, key } = await setUp();
    const starting = await call(get, { wid, query });
    expect(starting).toMatchObject({ status: 200, body: { success: true, item: { status: 'starting' } } });
    expect(starting.headers['retry-after']).toBe('2');
    await world.waitForStatus(key, 'running');
    const running = await call(get, { wid, query });
    expect(running.body.item).toMatchObject({
      status: 'running',
      started_at: expect.stringMatching(/^2030-.*Z$/),
      ready_at: expect.stringMatching(/^2030-.*Z$/),
    });
    expect(running.body.item).not.toHaveProperty('status_detail');
    expect(running.headers).not.toHaveProperty('retry-after');
    expect(itemResponseSchema.parse(running.body)).toEqual(running.body);
  });

  it('reads the record once and calls nothing else', async () => {
    const { ports, wid } = await setUp();
    const calls: string[] = [];
    const workbenches = {
      read: (key: { userId: string; workbenchId: string }) => {
        calls.push('read');
        return ports.workbenches.read(key);
      },
    };
    const { clock, telemetry } = ports;
    await call(build({ workbenches, clock, telemetry }, settingsWith()), { wid, query });
    expect(calls).toEqual(['read']);
  });

  it("returns the same 404 for another user's workbench, an unknown id and an invalid id", async () => {
    const { get, wid } = await setUp();
    const responses = [
      await call(get, { wid, query: 'user_id=bob' }),
      await call(get, { wid: '0'.repeat(26), query }),
      await call(get, { wid: '..%2F..', query }),
      await call(get, { wid: wid.toUpperCase(), query }),
      await call(get, { query }),
    ];
    for (const response of responses) {
      expect(response).toEqual({
        ...responses[0],
        status: 404,
        body: { success: false, error: { code: 'workbench_not_found', message: expect.any(String) } },
      });
    }
  });

  it('does not reveal to the token of another user whether a workbench exists', async () => {
    const { get, wid } = await setUp();
    const responses = [wid, '0'.repeat(26)].map((id) =>
      call(get, { wid: id, query, authorizer: tokenOf('bob') }),
    );
    expect((await Promise.all(responses)).map(({ status }) => status)).toEqual([403, 403]);
  });
});
