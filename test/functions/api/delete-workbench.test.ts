import { describe, expect, it } from 'vitest';
import { buildDeleteWorkbench } from '#functions/api/workbench-commands.ts';
import { buildGetWorkbench as buildGet } from '#functions/api/workbenches.ts';
import { call } from '../call-api.ts';
import { withWorkbench } from './with-workbench.ts';

async function setUp() {
  const found = await withWorkbench();
  const { ports, settings } = found;
  return { ...found, requestDelete: buildDeleteWorkbench(ports, settings), get: buildGet(ports, settings) };
}

describe('DELETE /workbenches/{wid}', () => {
  it('is 200 and reports `deleting` until everything is deleted, then 404', async () => {
    const { world, key, request, requestDelete, get } = await setUp();
    await world.waitForStatus(key, 'running');
    expect(await call(requestDelete, request)).toMatchObject({ status: 200, body: { success: true } });
    const deleting = await call(get, request);
    expect(deleting.body.item).toMatchObject({ status: 'deleting', desired_status: 'deleted' });
    expect(deleting.headers['retry-after']).toBe('2');
    expect((await call(requestDelete, request)).status).toBe(200);
    await world.waitUntilGone(key);
    expect((await call(get, request)).status).toBe(404);
    expect((await call(requestDelete, request)).status).toBe(404);
  });
});
