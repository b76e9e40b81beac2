import { once } from 'node:events';
import { createServer, type RequestListener, request } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { HttpGateProbe } from '#adapters/http-gate-probe.ts';
import { PROBE_PATH, probeTokenOf, verifyProbeToken } from '#adapters/probe-token.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { acceptedRun, pending, stopped } from '#test/builders/workbench.ts';
import { describeGateProbeContract } from '#test/contracts/gate-probe.ts';
import type { ManualClock } from '#test/memory/manual-clock.ts';
import { openSilentPort } from './forward/silent-address.ts';
import { HostClient } from './host-client.ts';
import {
  BASE_URL,
  COMPOSITIONS,
  composeWithSecret,
  openComposedGate,
  originOf,
  PROBE_KEY,
} from './open-composed-gate.ts';

const { host: HOST } = new URL(BASE_URL);

/** A start whose task listens on a port. */
function readyAt(port: number | undefined): Workbench {
  const endpoint = port === undefined ? {} : { endpoint: `http://127.0.0.1:${port}` };
  return pending({ run: acceptedRun({ taskVersion: 9, ...endpoint }), gateSilentSince: 0 });
}

async function openTask(listener: RequestListener = (_request, response) => response.end()) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(() => void server.close());
  return { port: (server.address() as { port: number }).port, close };
}

describe.each(COMPOSITIONS)('the gate %s', (_name, compose) => {
  const open = async () => {
    const gate = await openComposedGate(compose);
    const { port, timers } = gate;
    const probe = new HttpGateProbe({
      gate: () => ({ url: new URL(`http://127.0.0.1:${port}`), host: HOST }),
      keys: async () => [PROBE_KEY],
      clock: timers,
    });
    const ask = (workbench: Workbench) =>
      probe.probe({ workbenchId: workbench.workbenchId, taskId: 'task-1' });
    return { ...gate, ask, probe };
  };

  describeGateProbeContract('asked by HTTP', async () => {
    const { table, probe, close } = await open();
    const backend = await openTask();
    const workbench = readyAt(backend.port);
    table.put(workbench);
    return {
      probe,
      task: { workbenchId: workbench.workbenchId, taskId: 'task-1' },
      closeTask: backend.close,
      closeGate: close,
    };
  });

  test('asks the program with the host of the workbench, and neither notes a use nor audits it', async () => {
    const { activity, ask, audit, table } = await open();
    const hosts: unknown[] = [];
    const backend = await openTask(({ headers, method, url }, response) => {
      hosts.push([method, url, headers.host, headers.authorization, headers.cookie]);
      response.writeHead(500).end();
    });
    const workbench = readyAt(backend.port);
    table.put(workbench);
    expect(await ask(workbench)).toEqual({ kind: 'reachable' });
    expect(hosts).toEqual([['GET', '/', new URL(originOf(workbench)).host, undefined, undefined]]);
    expect(await activity.read([workbench.workbenchId])).toEqual(new Map());
    expect(audit.events).toEqual([]);
  });

  test.each<[string, () => Promise<Workbench> | Workbench, string]>([
    [
      'a task whose address is not known yet',
      () => readyAt(undefined),
      'the address of the task is not known yet',
    ],
    ['a stopped workbench', () => stopped(), 'the gate sees another task'],
    [
      'a program that ends the connection',
      async () => readyAt(await openEndingPort()),
      'the connection ended without a response',
    ],
    [
      'a program that does not speak HTTP',
      async () => readyAt(await openEndingPort('SSH-2.0\r\n')),
      'the response is not HTTP',
    ],
  ])('does not reach %s, and says so', async (_case, make, detail) => {
    const { ask, table } = await open();
    const workbench = await make();
    table.put(workbench);
    expect(await ask(workbench)).toEqual({ kind: 'unreachable', detail });
  });

  test('does not find a workbench that does not exist', async () => {
    const { ask } = await open();
    const detail = 'the gate does not find the workbench';
    expect(await ask(readyAt(1))).toEqual({ kind: 'unreachable', detail });
  });

  test('gives up on an address that does not respond after two seconds', async () => {
    const { ask, table, timers } = await open();
    const workbench = readyAt(await openSilentPort());
    table.put(workbench);
    const asked = ask(workbench);
    let result: unknown;
    void asked.then((value) => {
      result = value;
    });
    await passUntil(timers, () => result !== undefined);
    expect(result).toEqual({ kind: 'unreachable', detail: 'no connection within 2 seconds' });
  });

  test('counts a program that accepts the connection and is slow as reached', async () => {
    const { ask, table, timers } = await open();
    const backend = await openTask(() => {});
    const workbench = readyAt(backend.port);
    table.put(workbench);
    let result: unknown;
    void ask(workbench).then((value) => {
      result = value;
    });
    await passUntil(timers, () => result !== undefined);
    expect(result).toEqual({ kind: 'reachable' });
  });

  test('is silent while it cannot read the table', async () => {
    const { ask, table } = await open();
    const workbench = readyAt(1);
    table.put(workbench);
    table.failing = true;
    expect(await ask(workbench)).toEqual({ kind: 'silent' });
  });

  test('refuses a request without a valid token with 401 and does not read the table', async () => {
    const { port, table, timers } = await open();
    const task = { workbenchId: readyAt(1).workbenchId, taskId: 'task-1' };
    const now = timers.now();
    const { reads } = table;
    for (const token of [
      '',
      'a-session',
      probeTokenOf('q'.repeat(48), task, now),
      probeTokenOf(PROBE_KEY, task, now - 60_000),
    ]) {
      expect(await post(port, HOST, token)).toBe(401);
    }
    expect(table.reads).toBe(reads);
    expect(await post(port, HOST, probeTokenOf(PROBE_KEY, task, now))).toBe(200);
  });

  test('has the path on the sign-in host alone, and for POST alone', async () => {
    const { port } = await open();
    expect(await post(port, new URL(originOf(readyAt(1))).host, '')).toBe(404);
    expect((await new HostClient(port).get(`${BASE_URL}${PROBE_PATH}`)).status).toBe(405);
  });
});

/** Lets time pass until a condition is true. */
async function passUntil(timers: ManualClock, isTrue: () => boolean): Promise<void> {
  const pass = async () => {
    await timers.advanceAsync(100);
    return isTrue();
  };
  await expect.poll(pass).toBe(true);
}

test('the gate in prefix mode reaches a workbench whose program has a base path', async () => {
  const { port, table, timers } = await openComposedGate(composeWithSecret('prefix'));
  const urls: unknown[] = [];
  const backend = await openTask(({ url }, response) => {
    urls.push(url);
    response.end();
  });
  const { workbenchId } = readyAt(backend.port);
  const base = `/project/${workbenchId}`;
  const endpoint = `http://127.0.0.1:${backend.port}${base}`;
  table.put(pending({ run: acceptedRun({ taskVersion: 9, endpoint }), gateSilentSince: 0 }));
  const probe = new HttpGateProbe({
    gate: () => ({ url: new URL(`http://127.0.0.1:${port}`), host: HOST }),
    keys: async () => [PROBE_KEY],
    clock: timers,
  });
  expect(await probe.probe({ workbenchId, taskId: 'task-1' })).toEqual({ kind: 'reachable' });
  expect(urls).toEqual([`${base}/`]);
});

async function post(port: number, host: string, token: string): Promise<number> {
  const asked = request({
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: PROBE_PATH,
    agent: false,
    headers: { host, authorization: `Bearer ${token}` },
  }).end();
  const [response] = await once(asked, 'response');
  response.resume();
  return response.statusCode;
}

/** A port that sends some bytes to each connection and ends it. */
async function openEndingPort(bytes = ''): Promise<number> {
  const server = createTcpServer((socket: Socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(bytes));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}

describe('the token of a probe', () => {
  const task = { workbenchId: '01j00000000000000000000000', taskId: 'a1-b2' };
  const now = 1_900_000_000_000;

  test('names its task until it expires', () => {
    const token = probeTokenOf(PROBE_KEY, task, now);
    expect(verifyProbeToken(['another key', PROBE_KEY], token, now)).toEqual(task);
    expect(verifyProbeToken([PROBE_KEY], token, now + 59_999)).toEqual(task);
    expect(verifyProbeToken([PROBE_KEY], token, now + 60_000)).toBeUndefined();
    expect(verifyProbeToken([PROBE_KEY], token, now - 10 * 60_000)).toBeUndefined();
  });

  test('is not valid once anything in it is changed, or for another use of the key', () => {
    const token = probeTokenOf(PROBE_KEY, task, now);
    const parts = token.split('.');
    for (let index = 0; index < parts.length; index += 1) {
      const changed = parts.with(index, `${parts[index]}0`).join('.');
      expect(verifyProbeToken([PROBE_KEY], changed, now)).toBeUndefined();
    }
    const later = parts.with(3, String(now + 100_000)).join('.');
    expect(verifyProbeToken([PROBE_KEY], later, now)).toBeUndefined();
  });
});
