import { expect, it } from 'vitest';
import { closeServer } from '#adapters/http-server/listen.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { runningAt } from '#test/gate/open-proxy.ts';
import { describeProxy } from './describe-proxy.ts';
import { OWNER, openProgram } from './proxy-setup.ts';

describeProxy('traefik', (proxied) => {
  it('writes a URL in another form with the same meaning', async () => {
    const { receive } = proxied();
    expect((await receive('/?u=a;b')).url).toBe('/?u=a%3Bb');
    expect((await receive('/%41')).url).toBe('/A');
  });

  it('gets through to no address as long as its routes are stale', async () => {
    const { ask, receive, table, running, program, untilForwarded } = proxied();
    const stale = await running.list();
    const { list } = running;
    running.list = async () => stale;
    const next = await openProgram('second');
    table.put(runningAt(next.url));
    await eventually(
      waitRealStep,
      'the gate refuses',
      async () => (await ask('/', { cookie: OWNER })).status === 503,
    );
    const { lists } = running;
    await eventually(waitRealStep, 'Traefik has the stale routes again', () => running.lists > lists + 1);
    expect((await ask('/', { cookie: OWNER })).status).toBe(503);
    expect(program.url).not.toBe(next.url);
    running.list = list;
    await untilForwarded();
    expect((await receive('/')).server).toBe('second');
    await next.close();
  });

  it('responds itself when a workbench does not respond, because it cannot tell that from a workbench’s 502', async () => {
    const { ask, program } = proxied();
    await closeServer(program.server, 0);
    expect(await ask('/', { cookie: OWNER })).toMatchObject({ status: 502, body: 'Bad Gateway' });
  });

  it('keeps its routes while the gate cannot read the table, and the gate refuses', async () => {
    const { ask, table, untilForwarded, running } = proxied();
    table.failing = true;
    const { lists } = running;
    await expect.poll(() => running.lists).toBeGreaterThan(lists + 1);
    // For a second the gate decides by what it has read before.
    await expect.poll(async () => (await ask('/', { cookie: OWNER })).status).toBe(503);
    table.failing = false;
    await untilForwarded();
  });
});
