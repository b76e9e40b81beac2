import { expect, it } from 'vitest';
import { ROUTES } from '#contract/routes.ts';
import {
  buildCreateShareLink as buildCreateLink,
  buildPreviewShareLink as buildPreviewLink,
  buildRedeemShareLink as buildRedeemLink,
} from '#functions/api/share-links.ts';
import {
  buildStartWorkbench as buildStart,
  buildStopWorkbench as buildStop,
} from '#functions/api/workbench-commands.ts';
import { apiCommands } from '#local/gate-commands.ts';
import type { GatewayRoute } from '#local/gateway/gateway.ts';
import { withWorkbench } from '#test/functions/api/with-workbench.ts';
import { call, settingsWith } from '#test/functions/call-api.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

/** The commands of the gate with the real handlers. */
async function openCommands(environment: Readonly<Record<string, string>> = {}) {
  const { world, ports, key } = await withWorkbench();
  const settings = settingsWith({
    RESTAPI_AUTH: '',
    RESTAPI_AUTH_STATIC_KEY: 'x'.repeat(32),
    ...environment,
  });
  const handlers = {
    startWorkbench: buildStart(ports, settings),
    stopWorkbench: buildStop(ports, settings),
    previewShareLink: buildPreviewLink(ports, settings),
    redeemShareLink: buildRedeemLink(ports, settings),
  };
  const ids = { runId: () => '0'.repeat(16) };
  const createLink = async (): Promise<string> => {
    const route = 'POST /workbenches/{wid}/share-links';
    const request = { wid: key.workbenchId, query: 'user_id=ada', body: { role: 'use' }, route };
    return (await call(buildCreateLink({ ...ports, ids }, settings), request)).body.item.code;
  };
  const routes = ROUTES.flatMap(({ operationId, method, path, access }): GatewayRoute[] =>
    operationId in handlers
      ? [{ method, path, access, hasBody: false, handler: handlers[operationId as keyof typeof handlers] }]
      : [],
  );
  const clock = new ManualClock(ports.clock.now());
  return { world, key, ports, createLink, commands: apiCommands(routes, clock), clock, routes };
}

it('stops and starts the workbench in the name of the user', async () => {
  const { world, key, commands } = await openCommands();
  expect(await commands.stop(key.userId, key.workbenchId)).toEqual({ kind: 'accepted' });
  expect(await world.read(key)).toMatchObject({ desired: 'stopped' });
  expect(await commands.start(key.userId, key.workbenchId)).toEqual({ kind: 'accepted' });
  expect(await world.read(key)).toMatchObject({ desired: 'running' });
});

it('is refused as the API refuses it: the workbench of another user does not exist', async () => {
  const { world, key, commands } = await openCommands();
  const before = await world.read(key);
  expect(await commands.stop('bob', key.workbenchId)).toMatchObject({
    kind: 'refused',
    status: 404,
    message: expect.stringContaining('no such workbench'),
  });
  expect(await world.read(key)).toEqual(before);
});

it('redeems a link for the user of the session, and records it', async () => {
  const { commands, createLink, key, ports } = await openCommands();
  const code = await createLink();
  const found = { kind: 'found', link: { workbench_id: key.workbenchId, owner_id: 'ada', gives: true } };
  expect(await commands.previewLink('bob', code)).toMatchObject(found);
  expect(await commands.redeemLink('bob', code)).toMatchObject(found);
  expect(await ports.shares.listByWorkbench(key.workbenchId)).toMatchObject([
    { grantee: { kind: 'user', userId: 'bob' }, role: 'use' },
  ]);
  const actors = ports.audit.events.map(({ action, actor }) => `${action} ${actor.id}`);
  expect(actors).toContain('redeem_link bob');
  expect(await commands.redeemLink('eve', code)).toMatchObject({ kind: 'refused', status: 404 });
});

it('is refused by the limits of the API', async () => {
  const { key, commands } = await openCommands({ WB_USER_STARTS_PER_MINUTE: '1' });
  const start = async () => {
    await commands.stop(key.userId, key.workbenchId);
    return commands.start(key.userId, key.workbenchId);
  };
  expect(await start()).toEqual({ kind: 'accepted' });
  expect(await start()).toMatchObject({ kind: 'refused', status: 429 });
});

it('works for every user_id that the API accepts', async () => {
  const { key, commands } = await openCommands();
  const odd = 'a&user_id=b/ü%?#+ "';
  expect(await commands.start(odd, key.workbenchId)).toMatchObject({ kind: 'refused', status: 404 });
});

it('is unavailable if the API does not respond', async () => {
  const { commands, key, clock, routes } = await openCommands();
  for (const route of routes) Object.assign(route, { handler: () => new Promise(() => {}) });
  const result = commands.start(key.userId, key.workbenchId);
  clock.advance(30_000);
  expect(await result).toEqual({ kind: 'unavailable' });
});
