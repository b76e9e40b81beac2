import { expect, it } from 'vitest';
import { itemResponseSchema } from '#contract/response-bodies.ts';
import { RETENTION_WARNING_MS } from '#core/workbench/planned-stop.ts';
import { buildListHistory as buildHistory } from '#functions/api/history-and-logs.ts';
import {
  buildRestoreWorkbench as buildRestore,
  buildStopWorkbench as buildStop,
} from '#functions/api/workbench-commands.ts';
import {
  buildGetWorkbench as buildGet,
  buildListWorkbenches as buildList,
} from '#functions/api/workbenches.ts';
import { call } from '../call-api.ts';
import { withWorkbench } from './with-workbench.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const iso = (at: number) => new Date(at).toISOString();

it('warns the owner of a workbench that stays stopped, hides it a week later, and gives it back', async () => {
  const { world, ports, settings, key, request } = await withWorkbench(
    {},
    { WB_RETENTION_DAYS: '14', WB_DELETE_AFTER_HOURS: '48' },
    { retentionMs: 14 * DAY, deleteAfterMs: 2 * DAY },
  );
  const get = buildGet(ports, settings);
  const item = async () => {
    const { body } = await call(get, request);
    expect(itemResponseSchema.parse(body)).toEqual(body);
    return body.item;
  };
  await world.waitForStatus(key, 'running');
  expect(await item()).not.toHaveProperty('deletes_at');
  await call(buildStop(ports, settings), request);
  const { stoppedAt = 0 } = await world.waitForStatus(key, 'stopped');
  const deletesAt = stoppedAt + 14 * DAY;
  expect(await item()).toMatchObject({ status: 'stopped', deletes_at: iso(deletesAt) });
  expect(await item()).not.toHaveProperty('status_detail');

  world.clock.advance(deletesAt - RETENTION_WARNING_MS - world.clock.now());
  await world.advance(2 * MINUTE);
  expect(await item()).toMatchObject({ status_detail: 'deletion_planned', deletes_at: iso(deletesAt) });

  world.clock.advance(deletesAt - world.clock.now());
  await world.advance(2 * MINUTE);
  expect((await call(get, request)).status).toBe(404);
  const list = buildList(ports, settings);
  const { items } = (await call(list, { query: 'user_id=ada&deleted=true' })).body;
  expect(items).toMatchObject([{ status_reason: { code: 'retention' } }]);
  expect(Date.parse(items[0].restorable_until) - deletesAt).toBeGreaterThanOrEqual(2 * DAY);

  const restored = await call(buildRestore(ports, settings), request);
  expect(restored.status).toBe(200);
  expect(restored.body.item).not.toHaveProperty('status_reason');
  expect(Date.parse((await item()).deletes_at) - world.clock.now()).toBe(14 * DAY);
  const history = (await call(buildHistory(ports, settings), request)).body.items;
  expect(history.slice(0, 3)).toMatchObject([
    { type: 'restored', requested_by: 'static key' },
    { type: 'delete_requested', reason_code: 'retention' },
    { type: 'retention_warned' },
  ]);
  expect(history[1]).not.toHaveProperty('requested_by');
});
