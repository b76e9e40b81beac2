import { describe, expect, it } from 'vitest';
import { historyResponseSchema } from '#contract/response-bodies.ts';
import { historyEntrySchema } from '#core/workbench/history.ts';
import { buildListHistory } from '#functions/api/history-and-logs.ts';
import { buildStopWorkbench as buildStop } from '#functions/api/workbench-commands.ts';
import { call, tokenOf } from '../call-api.ts';
import { withWorkbench } from './with-workbench.ts';

describe('GET /workbenches/{wid}/history', () => {
  it('returns the entries, newest first, including the last request', async () => {
    const { world, ports, settings, key, request } = await withWorkbench();
    await world.waitForStatus(key, 'running');
    await call(buildStop(ports, settings), { ...request, authorizer: tokenOf('ada') });
    const { status, body } = await call(buildListHistory(ports, settings), request);
    expect(status).toBe(200);
    expect(historyResponseSchema.parse(body)).toEqual(body);
    const { items } = body;
    expect(items.at(-1)).toEqual({
      seq: 1,
      time: '2030-01-01T00:00:00.000Z',
      type: 'created',
      requested_by: 'static key',
      to: 'starting',
    });
    const seqs = items.map(({ seq }: { seq: number }) => seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => b - a));
    expect(items).toContainEqual(expect.objectContaining({ type: 'stop_requested', requested_by: 'ada' }));
    expect(items).toContainEqual(expect.objectContaining({ from: 'pending', to: 'running' }));
  });

  it("is 404 for another user's workbench", async () => {
    const { ports, settings, request } = await withWorkbench();
    expect((await call(buildListHistory(ports, settings), { ...request, query: 'user_id=bob' })).status).toBe(
      404,
    );
  });

  it('returns no field that a newer version wrote', async () => {
    const { ports, settings, key, request } = await withWorkbench();
    const newer = { seq: 50, at: 0, type: 'evicted', source: 'newer' };
    await ports.history.append(key.workbenchId, [historyEntrySchema.parse(newer)]);
    const { items } = (await call(buildListHistory(ports, settings), request)).body;
    expect(items[0]).toEqual({ seq: 50, time: '1970-01-01T00:00:00.000Z', type: 'unknown' });
  });

  it('returns the code of a reason', async () => {
    const { ports, settings, key, request } = await withWorkbench();
    await ports.history.append(key.workbenchId, [
      { seq: 50, at: 0, type: 'status_changed', from: 'running', to: 'stopped', code: 'exited' },
    ]);
    const { items } = (await call(buildListHistory(ports, settings), request)).body;
    expect(items[0]).toEqual({
      seq: 50,
      time: '1970-01-01T00:00:00.000Z',
      type: 'status_changed',
      from: 'running',
      to: 'stopped',
      reason_code: 'exited',
    });
  });
});
