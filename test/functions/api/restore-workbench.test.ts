import { describe, expect, it } from 'vitest';
import { deletedResponseSchema, itemResponseSchema } from '#contract/response-bodies.ts';
import { policyOf } from '#contract/settings/policy.ts';
import { drive } from '#core/workbench/drive.ts';
import { buildCreateWorkbench as buildCreate } from '#functions/api/create-workbench.ts';
import { buildOpenWorkbench as buildOpen } from '#functions/api/open-workbench.ts';
import {
  buildDeleteWorkbench as buildDelete,
  buildRestoreWorkbench,
  buildStartWorkbench as buildStart,
} from '#functions/api/workbench-commands.ts';
import {
  buildGetWorkbench as buildGet,
  buildListWorkbenches as buildList,
} from '#functions/api/workbenches.ts';
import { aShare } from '#test/builders/share.ts';
import { call, tokenOf } from '../call-api.ts';
import { withWorkbench } from './with-workbench.ts';

const HOUR = 3_600_000;

async function setUp(env: Readonly<Record<string, string>> = {}) {
  const found = await withWorkbench({}, { WB_DELETE_AFTER_HOURS: '2', ...env });
  const { world, ports, settings, key } = found;
  await world.waitForStatus(key, 'running');
  return {
    ...found,
    requestDelete: buildDelete(ports, settings),
    restore: buildRestoreWorkbench(ports, settings),
    get: buildGet(ports, settings),
    list: buildList(ports, settings),
    open: buildOpen(ports, settings),
    start: buildStart(ports, settings),
    create: buildCreate(ports, settings),
    with: (parameter: string) => ({ ...found.request, query: `user_id=ada&${parameter}` }),
  };
}

describe('a deleted workbench that is kept', () => {
  it('is said to be restorable, and is hidden until it is restored', async () => {
    const { world, key, request, requestDelete, restore, get, list, open, start, ...more } = await setUp();
    const until = new Date(world.clock.now() + 2 * HOUR).toISOString();
    const deleted = await call(requestDelete, request);
    expect(deleted).toMatchObject({ status: 200, body: { success: true, restorable_until: until } });
    expect(deletedResponseSchema.parse(deleted.body)).toEqual(deleted.body);
    expect((await call(requestDelete, request)).body).toEqual(deleted.body);
    for (const handler of [get, open, start])
      expect(await call(handler, { ...request, body: {} })).toMatchObject({
        status: 404,
        body: { error: { code: 'workbench_not_found' } },
      });
    await world.waitForStatus(key, 'stopped');
    expect((await call(list, { query: 'user_id=ada' })).body.items).toEqual([]);
    const { items } = (await call(list, { query: 'user_id=ada&deleted=true' })).body;
    expect(items).toMatchObject([
      { workbench_id: key.workbenchId, status: 'stopped', restorable_until: until },
    ]);
    const shown = await call(get, more.with('deleted=true'));
    expect(shown).toMatchObject({ status: 200, body: { item: { restorable_until: until } } });
    expect(itemResponseSchema.parse(shown.body)).toEqual(shown.body);

    const restored = await call(restore, request);
    expect(restored).toMatchObject({ status: 200, body: { item: { status: 'stopped' } } });
    for (const field of ['deleted_at', 'restorable_until'])
      expect(restored.body.item).not.toHaveProperty(field);
    expect((await call(get, request)).status).toBe(200);
    expect((await call(list, { query: 'user_id=ada&deleted=true' })).body.items).toEqual([]);
    expect((await call(start, request)).status).toBe(200);
    await world.waitForStatus(key, 'running');
  });

  it('is deleted with its files at the end of the time, and cannot be restored then', async () => {
    const { world, ports, settings, key, request, requestDelete, restore, get, ...more } = await setUp();
    await call(requestDelete, request);
    await world.advance(2 * HOUR - 60_000);
    expect((await call(get, more.with('deleted=true'))).body.item).toMatchObject({ status: 'stopped' });
    await world.advance(60_000);
    // The second response of the volume store says that the files are deleted.
    await world.waitUntilGone(key);
    expect((await call(restore, request)).status).toBe(404);
    await drive(ports, policyOf(settings), key);
  });

  it('is deleted at once with `now`', async () => {
    const { world, key, request, requestDelete, get, restore, ...more } = await setUp();
    await call(requestDelete, request);
    await world.waitForStatus(key, 'stopped');
    const now = await call(requestDelete, more.with('now=true'));
    expect(now).toMatchObject({ status: 200, body: { success: true } });
    expect(now.body).not.toHaveProperty('restorable_until');
    expect(await call(restore, request)).toMatchObject({
      status: 409,
      body: { error: { code: 'deleting', reason: 'too_late_to_restore' } },
    });
    expect((await call(get, request)).status).toBe(404);
    await world.waitUntilGone(key);
  });

  it('is not the one that a create request with its key returns', async () => {
    const { requestDelete, create } = await setUp();
    const headers = { 'idempotency-key': 'k' };
    const created = await call(create, { query: 'user_id=ada', headers, body: {} });
    const wid: string = created.body.item.workbench_id;
    await call(requestDelete, { wid, query: 'user_id=ada' });
    expect(await call(create, { query: 'user_id=ada', headers, body: {} })).toMatchObject({
      status: 409,
      body: { error: { code: 'workbench_deleted' } },
    });
  });

  it('does not exist for a user with whom it is shared', async () => {
    const { ports, key, request, requestDelete, get, restore, list } = await setUp();
    await ports.shares.put(aShare({ workbenchId: key.workbenchId, role: 'manage' }));
    const asBob = { authorizer: tokenOf('bob') };
    expect((await call(get, { wid: key.workbenchId, ...asBob })).status).toBe(200);
    await call(requestDelete, request);
    for (const handler of [get, restore, requestDelete])
      for (const query of ['', 'deleted=true', 'now=true'])
        expect((await call(handler, { wid: key.workbenchId, query, ...asBob })).status).toBe(404);
    for (const query of ['shared=true', 'shared=true&deleted=true'])
      expect((await call(list, { query, ...asBob })).body.items).toEqual([]);
  });

  it('can be restored by an administrator', async () => {
    const { key, request, requestDelete, restore } = await setUp();
    await call(requestDelete, request);
    const authorizer = tokenOf('root', { scopes: 'workbench:admin' });
    const restored = await call(restore, { wid: key.workbenchId, authorizer });
    expect(restored).toMatchObject({ status: 200, body: { item: { role: 'administrator' } } });
  });

  it('leaves its place to another one, and is not restored beyond the limit', async () => {
    const { world, key, request, requestDelete, restore, create, get, ...more } = await setUp({
      WB_USER_WORKBENCHES_MAX: '1',
    });
    expect((await call(create, { query: 'user_id=ada', body: {} })).status).toBe(403);
    await call(requestDelete, request);
    await world.waitForStatus(key, 'stopped');
    const second = await call(create, { query: 'user_id=ada', body: {} });
    expect(second.status).toBe(201);
    expect(await call(restore, request)).toMatchObject({
      status: 403,
      body: { error: { code: 'quota_exceeded', reason: 'workbenches' } },
    });
    expect((await call(get, more.with('deleted=true'))).status).toBe(200);
    await call(requestDelete, { wid: second.body.item.workbench_id, query: 'user_id=ada' });
    expect((await call(restore, request)).status).toBe(200);
  });
});

describe('POST /workbenches/{wid}/restore', () => {
  it('is 409 for a workbench that is not deleted', async () => {
    const { request, restore } = await setUp();
    expect(await call(restore, request)).toMatchObject({
      status: 409,
      body: { error: { code: 'not_deleted' } },
    });
  });

  it('is 409 where deleted workbenches are not kept', async () => {
    const { request, requestDelete, restore } = await setUp({ WB_DELETE_AFTER_HOURS: '0' });
    const deleted = await call(requestDelete, request);
    expect(deleted.body).toEqual({ success: true });
    expect(await call(restore, request)).toMatchObject({
      status: 409,
      body: { error: { code: 'deleting' } },
    });
  });
});
