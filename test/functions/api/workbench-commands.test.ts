import { describe, expect, it } from 'vitest';
import {
  buildDeleteWorkbench as buildDelete,
  buildRestartWorkbench as buildRestart,
  buildStartWorkbench as buildStart,
  buildStopWorkbench as buildStop,
} from '#functions/api/workbench-commands.ts';
import { buildGetWorkbench as buildGet } from '#functions/api/workbenches.ts';
import type { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';
import { call } from '../call-api.ts';
import { withWorkbench } from './with-workbench.ts';

const ACTIONS = [
  ['delete', buildDelete],
  ['restart', buildRestart],
  ['start', buildStart],
  ['stop', buildStop],
] as const;

const BODIES = [
  ['no body', {}],
  ['malformed JSON', { body: '{' }],
  ['a forbidden key', { body: '{"__proto__":1}', headers: { 'content-type': 'application/json' } }],
  ['a large text', { body: 'x'.repeat(70_000), headers: { 'content-type': 'text/plain' } }],
] as const;

/** A store whose reads return 30 s later. */
function freezing(world: MemoryWorld) {
  const { workbenches } = world.ports;
  return overrideMethods(workbenches, {
    read: async (key) => {
      const found = await workbenches.read(key);
      world.clock.advance(30_000);
      return found;
    },
  });
}

it('a read gets its response although the function was frozen', async () => {
  const { world, ports, settings, request } = await withWorkbench();
  const read = buildGet({ ...ports, workbenches: freezing(world) }, settings);
  expect(await call(read, { ...request, route: 'GET /workbenches/{wid}' })).toMatchObject({ status: 200 });
});

describe.each(ACTIONS)('the action %s', (_, build) => {
  it.each(BODIES)('ignores the body of the request: %s', async (_name, body) => {
    const { ports, settings, request } = await withWorkbench();
    const response = await call(build(ports, settings), { ...request, ...body });
    expect(response).toMatchObject({ status: 200, body: { success: true } });
  });

  it('changes nothing if the function was frozen before it had found the right of the caller', async () => {
    const { world, ports, settings, key, request } = await withWorkbench();
    const before = await world.read(key);
    const frozen = { ...ports, workbenches: freezing(world) };
    const response = await call(build(frozen, settings), request);
    expect(response).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } });
    expect(await world.read(key)).toEqual(before);
  });

  it("is 404 for another user's workbench, and changes nothing", async () => {
    const { world, ports, settings, key, request } = await withWorkbench();
    const before = await world.read(key);
    const response = await call(build(ports, settings), { ...request, query: 'user_id=bob' });
    expect(response).toMatchObject({ status: 404, body: { error: { code: 'workbench_not_found' } } });
    expect(await world.read(key)).toEqual(before);
  });
});
