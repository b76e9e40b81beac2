import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request as send } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProxyKind } from '#gate/forward-auth/proxy-kind.ts';
import { acceptedRun, ID, idAt, running, stopped, T0, USER } from '#test/builders/workbench.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { runningAt } from '#test/gate/open-proxy.ts';
import { isProxyTested } from './proxy-process.ts';
import { HOST, ORIGIN, OWNER, openProgram, openProxied } from './proxy-setup.ts';

export const NAVIGATION = { 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'none', accept: 'text/html' };
const UPLOAD_BYTES = 20 * 1024 * 1024;

export type Proxied = Awaited<ReturnType<typeof openProxied>>;

/** The cases that each proxy in front of the gate passes. */
export function describeProxy(kind: ProxyKind, more: (open: () => Proxied) => void): void {
  describe.skipIf(!isProxyTested(kind))(`${kind} with the decisions of the gate`, () => {
    let proxied: Proxied;
    beforeEach(async () => {
      proxied = await openProxied(kind);
    });
    afterEach(() => proxied.close());

    it('forwards deep links with the path and query as the browser sent them', async () => {
      const { receive } = proxied;
      for (const path of ['/lab/tree/a.ipynb?x=1&y=%20', '/a//b', '/http://x/y', '/a;b', '/c%2Fd', '/%2F/'])
        expect((await receive(path)).url).toBe(path);
    });

    it('gives the workbench the user and its public address, and nothing that a client forged', async () => {
      const { headers } = await proxied.receive('/', {
        cookie: `a=1; ${OWNER}; b=2; __Host-wb_u=x`,
        authorization: 'Bearer of-the-api',
        'x-workbench-user': 'root',
        x_workbench_user: 'root',
        'x-forwarded-for': '10.9.9.9',
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'gopher',
        'x-forwarded-prefix': '/evil',
        'x-real-ip': '10.9.9.9',
        'x-original-url': '/evil',
        forwarded: 'for=10.9.9.9',
      });
      expect(headers).toMatchObject({
        host: HOST,
        cookie: 'a=1; b=2',
        'x-workbench-user': USER,
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-host': HOST,
        'x-forwarded-proto': 'https',
        'x-forwarded-port': '443',
        'x-real-ip': '127.0.0.1',
      });
      expect(Object.keys(headers)).not.toEqual(
        expect.arrayContaining([
          expect.stringMatching(
            /^(authorization|x_workbench_user|forwarded|x-forwarded-prefix|x-original-url)$/,
          ),
        ]),
      );
    });

    it('sends no Cookie header if the browser sent only the cookies of the gate', async () => {
      expect((await proxied.receive('/')).headers.cookie).toBeUndefined();
    });

    it('forwards WebSockets of the workbench’s own pages, and no others', async () => {
      const { openSocket } = proxied;
      const opened = await openSocket({ cookie: OWNER, origin: ORIGIN });
      if (typeof opened === 'number') throw new Error(`refused with ${opened}`);
      const { socket, received } = opened;
      expect(received).toMatchObject({ url: '/socket?a=1', headers: { 'x-forwarded-proto': 'https' } });
      const echo = once(socket, 'message');
      socket.send('hello');
      expect(String((await echo)[0])).toBe('hello');
      socket.terminate();
      expect(await openSocket({ origin: ORIGIN })).toBe(401);
      expect(await openSocket({ cookie: OWNER, origin: `https://${idAt(T0, 2)}.wb.example` })).toBe(403);
      expect(await openSocket({ cookie: OWNER, 'sec-fetch-site': 'same-site' })).toBe(403);
    });

    it('sends events as soon as the workbench does', async () => {
      const headers = { host: HOST, cookie: OWNER };
      const message = send({
        host: '127.0.0.1',
        port: proxied.publicPort,
        path: '/events',
        headers,
        agent: false,
      });
      message.end();
      const [response] = (await once(message, 'response')) as [IncomingMessage];
      const [first] = await once(response, 'data');
      expect(String(first)).toBe('data: 1\n\n');
      proxied.program.events.dispatchEvent(new Event('next'));
      const [second] = await once(response, 'data');
      expect(String(second)).toBe('data: 2\n\n');
    });

    it('forwards an upload of 20 MiB, and parts of files', async () => {
      const { ask } = proxied;
      const body = randomBytes(UPLOAD_BYTES);
      const { status, body: text } = await ask(
        '/upload',
        { cookie: OWNER, origin: ORIGIN, 'content-length': String(body.length) },
        { method: 'PUT', body },
      );
      expect(status).toBe(200);
      expect(JSON.parse(text)).toMatchObject({
        method: 'PUT',
        bytes: UPLOAD_BYTES,
        sha256: createHash('sha256').update(body).digest('hex'),
      });
      const part = await ask('/range', { cookie: OWNER, range: 'bytes=2-4' });
      expect([part.status, part.headers['content-range'], part.body]).toEqual([206, 'bytes 2-4/10', '234']);
    });

    it('keeps a workbench from deleting the cookies of the domain', async () => {
      const { status, headers } = await proxied.ask('/clear', { cookie: OWNER });
      expect([status, headers['clear-site-data']]).toEqual([200, undefined]);
    });

    it('leaves a workbench’s own 502 and 504 as they are', async () => {
      const { ask } = proxied;
      for (const status of [502, 504])
        expect(await ask(`/own-${status}`, { cookie: OWNER })).toMatchObject({
          status,
          body: `own ${status}`,
        });
    });

    it('leads a navigation without a session to the sign-in', async () => {
      const { status, headers } = await proxied.ask('/lab?x=1', NAVIGATION);
      const location = new URL(headers.location ?? '');
      expect([status, location.origin + location.pathname]).toEqual([302, 'https://wb.example/.wb/login']);
      expect(location.searchParams.get('rd')).toBe(`${ORIGIN}/lab?x=1`);
    });

    it('refuses other requests without a session, and foreign pages', async () => {
      const { ask } = proxied;
      expect((await ask('/')).status).toBe(401);
      expect((await ask('/', { cookie: OWNER, origin: 'null' }, { method: 'POST' })).status).toBe(403);
    });

    it('sends the same bytes for the workbench of another user and for none', async () => {
      const { ask } = proxied;
      const other = idAt(T0, 2);
      const bytes = ({ status, headers, body }: Awaited<ReturnType<typeof ask>>) => {
        const { date: _, ...compared } = headers;
        return { status, headers: compared, body };
      };
      const foreign = await ask('/', { cookie: `__Host-wb_s=eve@${ID}`, ...NAVIGATION });
      const absent = await ask('/', {
        host: `${other}.wb.example`,
        cookie: `__Host-wb_s=eve@${other}`,
        ...NAVIGATION,
      });
      expect(foreign.status).toBe(404);
      expect(bytes(foreign).body).toBe(bytes(absent).body);
    });

    it('leads the paths of the gate to the gate, on each of its hosts', async () => {
      const { ask } = proxied;
      expect((await ask('/.wb/health', { cookie: OWNER })).body).toBe(`gate ${HOST}`);
      expect((await ask('/.wb/health', { host: 'wb.example' })).body).toBe('gate wb.example');
      expect((await ask('/.wb/other', { cookie: OWNER })).status).toBe(404);
    });

    it('refuses hosts that are not those of the gate', async () => {
      expect((await proxied.ask('/', { host: 'evil.example', cookie: OWNER })).status).toBe(404);
    });

    it('shows the page of a stopped workbench, and never leads to the address that it had', async () => {
      const { ask, table, program } = proxied;
      table.put(stopped());
      const page = await eventually(waitRealStep, 'the page of the stopped workbench', async () => {
        const response = await ask('/', { cookie: OWNER, ...NAVIGATION });
        return response.status === 503 && response;
      });
      expect(page.body).toContain('The workbench is stopped.');
      expect(page.body).not.toContain(program.url);
    });

    it('never leads to an address that another workbench has got', async () => {
      const { receive, ask, table, program, untilForwarded } = proxied;
      const next = await openProgram('second');
      // The address of the first run belongs to another user now.
      const other = running({
        workbenchId: idAt(T0, 2),
        userId: 'eve',
        run: acceptedRun({ endpoint: program.url }),
      });
      table.put(runningAt(next.url), other);
      const changedAt = performance.now();
      // The record that the gate has read may be used for a second.
      await eventually(
        waitRealStep,
        'the gate has read the record',
        () => performance.now() - changedAt > 1_000,
      );
      const servers = new Set<string>();
      await eventually(waitRealStep, 'the new address is known', async () => {
        const { status, body } = await ask('/', { cookie: OWNER });
        if (status === 200) servers.add((JSON.parse(body) as { server: string }).server);
        return status === 200;
      });
      expect(performance.now() - changedAt).toBeLessThan(5_000);
      await untilForwarded();
      servers.add((await receive('/')).server);
      expect([...servers]).toEqual(['second']);
      await next.close();
    });

    it('forwards nothing while the gate does not respond', async () => {
      const { ask, auth, gate, openSocket } = proxied;
      await auth.close(0);
      await gate.close(0);
      const { status, body } = await ask('/', { cookie: OWNER });
      expect(status).toBeGreaterThanOrEqual(500);
      expect(body).not.toContain('first');
      expect(await openSocket({ cookie: OWNER, origin: ORIGIN })).toBeGreaterThanOrEqual(500);
    });

    more(() => proxied);
  });
}
