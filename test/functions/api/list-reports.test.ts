import { describe, expect, it } from 'vitest';
import { reportsResponseSchema } from '#contract/response-bodies.ts';
import { buildListReports } from '#functions/api/sweeps.ts';
import { aReport } from '#test/contracts/report-store.ts';
import { call, settingsWith, tokenOf, worldWithIds } from '../call-api.ts';

function setUp() {
  const { world, ports } = worldWithIds();
  return { world, handler: buildListReports(ports, settingsWith()) };
}

describe('GET /reports/reconcile', () => {
  it('returns the reports of the last sweeps to an admin', async () => {
    const { world, handler } = setUp();
    await world.reports.add(aReport({ resumeCursor: 'page 2' }));
    const { status, body } = await call(handler);
    expect(status).toBe(200);
    expect(reportsResponseSchema.safeParse(body).error).toBeUndefined();
    expect(body.items[0]).not.toHaveProperty('resumeCursor');
    expect(body.items).toMatchObject([
      { sweep: 'tasks', checked: 3, deleted: 1, findings: [{ id: 'task-1', result: 'deleted' }] },
    ]);
  });

  it('reports the deletion limit, and the result, reason and repair of each finding', async () => {
    const { world, handler } = setUp();
    const finding = { id: 'i-1', what: 'deleted', why: 'No record.', kind: 'orphan_host' } as const;
    await world.reports.add(aReport({ alarm: true, findings: [finding] }));
    const { items } = (await call(handler)).body;
    expect(items).toMatchObject([
      {
        deletion_limit_exceeded: true,
        findings: [{ id: 'i-1', result: 'deleted', reason: 'No record.', repair: 'orphan_host' }],
      },
    ]);
    expect(items[0]).not.toHaveProperty('alarm');
  });

  it('is 403 without the admin scope', async () => {
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
