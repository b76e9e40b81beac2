import { describe, expect, it } from 'vitest';
import { startTimesResponseSchema } from '#contract/response-bodies.ts';
import { bucketOf } from '#core/workbench/start-times.ts';
import { buildListStartTimes } from '#functions/api/list-start-times.ts';
import { call, settingsWith, tokenOf, worldWithIds } from '../call-api.ts';

describe('GET /start-times', () => {
  it('returns to every user how long starts took', async () => {
    const { world, ports } = worldWithIds();
    const at = world.clock.now();
    for (const tookMs of [900, 10_000, 10_000, 90_000])
      await ports.startTimes.add({ kind: 'later', tookMs, at }, bucketOf(tookMs));
    const started = { kind: 'first', instanceType: 'm7i.large', tookMs: 250, at } as const;
    await ports.startTimes.add(started, bucketOf(250));
    const { status, body } = await call(buildListStartTimes(ports, settingsWith()), {
      authorizer: tokenOf('ada'),
    });
    expect(status).toBe(200);
    expect(startTimesResponseSchema.parse(body)).toEqual(body);
    const [later, first] = body.items;
    expect(later).toMatchObject({ kind: 'later', count: 4 });
    expect(later).not.toHaveProperty('instance_type');
    expect(later.p50_seconds).toBeCloseTo(10, -1);
    expect(later.p95_seconds).toBeGreaterThan(70);
    expect(first).toMatchObject({ kind: 'first', instance_type: 'm7i.large', count: 1 });
  });

  it('is empty before the first start', async () => {
    const { ports } = worldWithIds();
    const { body } = await call(buildListStartTimes(ports, settingsWith()), { query: 'user_id=ada' });
    expect(body).toEqual({ success: true, items: [] });
  });
});
