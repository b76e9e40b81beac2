import { describe, expect, it } from 'vitest';
import { auditResponseSchema } from '#contract/audit-response.ts';
import { DAY_MS } from '#core/ports/audit-store.ts';
import { buildListAudit } from '#functions/api/list-audit.ts';
import { anAuditEvent } from '#test/contracts/audit-store.ts';
import { call, settingsWith, tokenOf, worldWithIds } from '../call-api.ts';

async function setUp(count = 0) {
  const { world, ports } = worldWithIds();
  const { audit } = world.stores;
  const now = world.clock.now();
  for (let n = 0; n < count; n += 1) await audit.append(anAuditEvent({ id: `${n}`, at: now - n }));
  const handler = buildListAudit(ports, settingsWith({ WB_AUDIT_DAYS: '30' }));
  const list = async (query = '') => {
    const response = await call(handler, { query });
    if (response.status === 200) expect(auditResponseSchema.safeParse(response.body).error).toBeUndefined();
    return response;
  };
  return { audit, now, handler, list };
}

// biome-ignore lint/suspicious/noExplicitAny: items of a response
const idsOf = (body: any) => body.items.map(({ id }: { id: string }) => id);

describe('GET /audit', () => {
  it('returns an event with all its fields', async () => {
    const { audit, now, list } = await setUp();
    await audit.append({
      ...anAuditEvent({
        at: now,
        outcome: 'refused',
        subject: { kind: 'group', id: 'staff' },
        reason: 'role_insufficient',
        requestId: 'request-1',
        detail: { role: 'use' },
      }),
      later: 1,
    } as never);
    expect((await list()).body).toEqual({
      success: true,
      items: [
        {
          id: anAuditEvent().id,
          at: new Date(now).toISOString(),
          action: 'start_workbench',
          outcome: 'refused',
          actor: { kind: 'user', id: 'root' },
          on_behalf_of: 'ada',
          workbench_id: anAuditEvent().workbenchId,
          owner_id: 'ada',
          subject: { kind: 'group', id: 'staff' },
          reason: 'role_insufficient',
          request_id: 'request-1',
          detail: { role: 'use' },
        },
      ],
    });
  });

  it('returns pages, newest first, until the last one', async () => {
    const { list } = await setUp(5);
    const first = (await list('limit=2')).body;
    expect(idsOf(first)).toEqual(['0', '1']);
    const second = (await list(`limit=2&cursor=${first.next_cursor}`)).body;
    expect(idsOf(second)).toEqual(['2', '3']);
    const last = (await list(`limit=2&cursor=${second.next_cursor}`)).body;
    expect(idsOf(last)).toEqual(['4']);
    expect(last).not.toHaveProperty('next_cursor');
  });

  it('filters by user, workbench, action and time', async () => {
    const { audit, now, list } = await setUp(3);
    const other = '01k5w3p8xg7t2mzq4v9r6ehbnd';
    const bob = { kind: 'user', id: 'bob#1' } as const;
    await audit.append(
      anAuditEvent({ id: 'b', at: now, actor: bob, action: 'stop_workbench', workbenchId: other }),
    );
    expect(idsOf((await list('user_id=bob%231')).body)).toEqual(['b']);
    expect(idsOf((await list(`workbench_id=${other}`)).body)).toEqual(['b']);
    expect(idsOf((await list('action=stop_workbench')).body)).toEqual(['b']);
    const time = (at: number) => encodeURIComponent(new Date(at).toISOString());
    expect(idsOf((await list(`from=${time(now - 1)}&to=${time(now)}`)).body)).toEqual(['1']);
  });

  it('shows nothing that is older than WB_AUDIT_DAYS', async () => {
    const { audit, now, list } = await setUp();
    await audit.append(anAuditEvent({ id: 'kept', at: now - 30 * DAY_MS }));
    await audit.append(anAuditEvent({ id: 'expired', at: now - 30 * DAY_MS - 1 }));
    expect(idsOf((await list('from=2000-01-01T00:00:00Z')).body)).toEqual(['kept']);
  });

  it('refuses every invalid parameter at once, and names what it expects', async () => {
    const { list } = await setUp();
    const query =
      'user_id=%00&workbench_id=x&action=unknown&from=yesterday&to=2030-13-01T00:00:00Z&cursor=!&limit=0';
    const { status, body } = await list(query);
    expect(status).toBe(400);
    expect(Object.keys(body.error.fields).toSorted()).toEqual(
      ['action', 'cursor', 'from', 'limit', 'to', 'user_id', 'workbench_id'].toSorted(),
    );
    expect((await list('action=a&action=b')).body.error.fields).toEqual({ action: 'given once' });
  });

  it('is 403 without the admin scope, which is recorded', async () => {
    const { audit, handler } = await setUp();
    const response = await call(handler, {
      route: 'GET /audit',
      authorizer: tokenOf('eve'),
      query: 'user_id=ada',
    });
    expect(response).toMatchObject({ status: 403, body: { error: { reason: 'admin_required' } } });
    expect(audit.events).toEqual([expect.objectContaining({ action: 'read_audit', outcome: 'refused' })]);
    // The query names a filter.
    expect(audit.events[0]).not.toHaveProperty('onBehalfOf');
  });
});
