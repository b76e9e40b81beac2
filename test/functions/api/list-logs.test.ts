import { describe, expect, it } from 'vitest';
import { logsResponseSchema } from '#contract/response-bodies.ts';
import { buildListLogs } from '#functions/api/history-and-logs.ts';
import {
  buildStartWorkbench as buildStart,
  buildStopWorkbench as buildStop,
} from '#functions/api/workbench-commands.ts';
import { call } from '../call-api.ts';
import { withWorkbench } from './with-workbench.ts';

async function setUp() {
  const found = await withWorkbench();
  const { ports, settings, request, world, key } = found;
  const handler = buildListLogs(ports, settings);
  const read = async (query = '') => {
    const { status, body } = await call(handler, { ...request, query: `${request.query}${query}` });
    if (status === 200) expect(logsResponseSchema.parse(body)).toEqual(body);
    return { status, body, texts: body.items?.map(({ text }: { text: string }) => text) };
  };
  const runTask = async () => {
    const workbench = await world.waitForStatus(key, 'running');
    return workbench.status === 'running' ? workbench.run.taskId : '';
  };
  return {
    ...found,
    read,
    runTask,
    stop: () => call(buildStop(ports, settings), request),
    start: () => call(buildStart(ports, settings), request),
  };
}

describe('GET /workbenches/{wid}/logs', () => {
  it('has no lines and no cursor before the first task', async () => {
    const { read } = await setUp();
    expect((await read()).body).toEqual({ success: true, items: [], complete: false });
  });

  it('returns the output of the current run in pages, and what follows it', async () => {
    const { world, read, runTask } = await setUp();
    const taskId = await runTask();
    world.logs.print(taskId, 'one', 'two', 'three');
    const first = await read('&limit=2');
    expect(first.texts).toEqual(['one', 'two']);
    expect(first.body).toMatchObject({ task_id: taskId, complete: false });
    const second = await read(`&limit=2&cursor=${first.body.next_cursor}`);
    expect(second.texts).toEqual(['three']);
    world.logs.print(taskId, 'four');
    const third = await read(`&cursor=${second.body.next_cursor}`);
    expect(third.texts).toEqual(['four']);
    expect((await read(`&cursor=${third.body.next_cursor}`)).body).toMatchObject({
      items: [],
      complete: false,
    });
  });

  it('returns the newest lines if they are requested without a cursor', async () => {
    const { world, read, runTask } = await setUp();
    world.logs.print(await runTask(), 'one', 'two', 'three');
    const { texts, body } = await read('&limit=1&newest=true');
    expect(texts).toEqual(['three']);
    expect((await read(`&newest=true&cursor=${body.next_cursor}`)).texts).toEqual([]);
  });

  it('is complete once the last run has ended for some time and all was returned', async () => {
    const { world, key, read, runTask, stop } = await setUp();
    const taskId = await runTask();
    world.logs.print(taskId, 'one');
    await stop();
    await world.waitForStatus(key, 'stopped');
    const first = await read();
    expect([first.texts, first.body.complete]).toEqual([['one'], false]);
    world.clock.advance(1_000);
    expect((await read(`&cursor=${first.body.next_cursor}`)).body.complete).toBe(false);
    world.clock.advance(15_000);
    expect((await read(`&cursor=${first.body.next_cursor}`)).body.complete).toBe(true);
  });

  it('continues with the first line of the next run', async () => {
    const { world, key, read, runTask, stop, start } = await setUp();
    world.logs.print(await runTask(), 'one');
    const { body } = await read();
    await stop();
    await world.waitForStatus(key, 'stopped');
    await start();
    world.logs.print(await runTask(), 'first of the next', 'second');
    expect((await read(`&cursor=${body.next_cursor}`)).texts).toEqual(['first of the next', 'second']);
    expect((await read(`&newest=true&limit=1&cursor=${body.next_cursor}`)).texts).toEqual([
      'first of the next',
    ]);
  });

  it('returns the time of a line if it is known', async () => {
    const { ports, settings, request, runTask } = await setUp();
    await runTask();
    const logs = { readLog: async () => ({ lines: [{ text: 'one', at: 0 }], next: 'f/1' }) };
    const { body } = await call(buildListLogs({ ...ports, logs }, settings), request);
    expect(body.items).toEqual([{ at: '1970-01-01T00:00:00.000Z', text: 'one' }]);
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['newest=yes', 'newest'],
    ['cursor=', 'cursor'],
    ['cursor=short', 'cursor'],
    [`cursor=${'a'.repeat(12)}${Buffer.from('\n').toString('base64url')}`, 'cursor'],
    [`cursor=${'a'.repeat(12)}${Buffer.from('x'.repeat(257)).toString('base64url')}`, 'cursor'],
    [`cursor=${'a'.repeat(12)}eB`, 'cursor'],
    [`cursor=${'a'.repeat(12)}/w`, 'cursor'],
  ])('is 400 for %s', async (query, field) => {
    const { read } = await setUp();
    const { status, body } = await read(`&${query}`);
    expect([status, Object.keys(body.error.fields)]).toEqual([400, [field]]);
  });

  it('begins with the oldest line for a cursor of another workbench', async () => {
    const { world, read, runTask } = await setUp();
    world.logs.print(await runTask(), 'one');
    const { texts } = await read(`&cursor=${'a'.repeat(12)}${Buffer.from('1').toString('base64url')}`);
    expect(texts).toEqual(['one']);
  });
});
