import { describe, expect, it } from 'vitest';
import { reportsResponseSchema } from '#contract/response-bodies.ts';
import { build } from '#functions/api/list-reports.ts';
import { aReport } from '#test/contracts/report-store.ts';
import { call, settingsWith, tokenOf, worldWithIds } from '../call-api.ts';

function setUp() {
  const { world, ports } = worldWithIds();
  return { world, handler: build(ports, settingsWith()) };
}

describe('GET /reports/reconcile', () => {
  it('shows an admin what the last sweeps did', async () => {
    const { world, handler } = setUp();
    await world.reports.add(aReport({ resumeCursor: 'page 2' }));
    const { status, body } = await call(handler);
    expect(status).toBe(200);
    expect(reportsResponseSchema.safeParse(body).error).toBeUndefined();
    expect(body.items[0]).not.toHaveProperty('resumeCursor');
    expect(body.items).toMatchObject([
      { sweep: 'tasks', checked: 3, deleted: 1, findings: [{ what: 'deleted' }] },
    ]);
  });

  it('is for admins alone', async () => {
    const { handler } = setUp();
    const forbidden = { error: { code: 'forbidden', reason: 'admin_required' } };
    expect((await call(handler, { authorizer: tokenOf('ada') })).body).toMatchObject(forbidden);
    expect((await call(handler, { authorizer: tokenOf(undefined, { service: 'true' }) })).body).toMatchObject(
      forbidden,
    );
    const admin = tokenOf('ada', { scopes: 'workbench:admin' });
    expect((await call(handler, { authorizer: admin })).status).toBe(200);
    expect((await call(handler, { authorizer: { ...admin, expires_at: '1' } })).body).toMatchObject({
      error: { reason: 'token_expired' },
    });
    expect((await call(handler, { authorizer: undefined })).status).toBe(403);
  });
});
