import { expect, it } from 'vitest';
import { closeServer } from '#adapters/http-server/listen.ts';
import { describeProxy, NAVIGATION } from './describe-proxy.ts';
import { OWNER } from './proxy-setup.ts';

describeProxy('nginx', (proxied) => {
  it('changes nothing in a URL', async () => {
    for (const path of ['/?u=a;b', '/%41/%2e/..%2f/', '/a/../b', '/[x]|y'])
      expect((await proxied().receive(path)).url).toBe(path);
  });

  it('shows the gate’s page when a workbench does not respond', async () => {
    const { ask, program } = proxied();
    await closeServer(program.server, 0);
    const page = await ask('/', { cookie: OWNER, ...NAVIGATION });
    expect(page.status).toBe(502);
    expect(page.body).toContain('nothing responds at its address');
  });

  it('says with 503 that the gate does not respond', async () => {
    const { ask, auth } = proxied();
    await auth.close(0);
    const { status, headers, body } = await ask('/', { cookie: OWNER });
    expect([status, headers['retry-after']]).toEqual([503, '5']);
    expect(body).toContain('The gate does not respond');
  });
});
