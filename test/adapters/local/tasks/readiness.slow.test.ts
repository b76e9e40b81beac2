import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { hostsOf, parseEndpoint, toEndpoint, toSocketEndpoint } from '#adapters/local/tasks/endpoint.ts';
import type { NotReady } from '#adapters/local/tasks/http-probe.ts';
import { PortAllocator } from '#adapters/local/tasks/port-allocator.ts';
import { describeNotReady, waitUntilReady } from '#adapters/local/tasks/readiness.ts';
import { eventually, waitRealStep } from '#test/contracts/eventually.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { createCertificate } from './certificate.ts';

const ports = new PortAllocator();

/** Starts a server and returns its port. */
async function open(server: Server, host = '127.0.0.1', port = 0): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const respondWith =
  (status: number): RequestListener =>
  (_request, response) => {
    response.statusCode = status;
    response.end('here');
  };

/** A wait whose time the test controls. */
class Wait {
  readonly clock = new ManualClock();
  readonly reports: NotReady[] = [];
  readonly reportTimes: number[] = [];
  readonly ending = new AbortController();
  readonly result: Promise<string | undefined>;
  endpoint: string | undefined;

  constructor(endpoints: readonly string[]) {
    this.result = waitUntilReady({
      endpoints,
      timers: this.clock,
      signal: this.ending.signal,
      report: async (seen) => {
        this.reports.push(seen);
        this.reportTimes.push(this.clock.now());
      },
    });
    void this.result.then((endpoint) => {
      this.endpoint = endpoint;
    });
  }

  /** Lets the virtual time and the network proceed until the condition holds. */
  until<T>(what: string, condition: () => T | undefined | false, stepMs = 500): Promise<T> {
    const pass = async () => {
      await waitRealStep();
      await this.clock.advanceAsync(stepMs);
    };
    return eventually(pass, what, condition);
  }

  /** Waits for a report of this kind. On a busy computer an attempt can time out before. */
  report(kind: NotReady['kind']): Promise<NotReady> {
    return this.until(`a report: ${kind}`, () => this.reports.find((seen) => seen.kind === kind));
  }
}

describe('waitUntilReady', () => {
  let wait: Wait | undefined;
  afterEach(async () => {
    wait?.ending.abort();
    await wait?.result;
    expect(wait?.clock.scheduledCount ?? 0).toBe(0);
    wait = undefined;
  });

  function waitFor(...endpoints: readonly string[]): Wait {
    wait = new Wait(endpoints);
    return wait;
  }

  it.each([200, 302, 404, 499])('returns the endpoint of a program that responds with %i', async (status) => {
    const endpoint = toEndpoint('127.0.0.1', await open(createHttpServer(respondWith(status))));
    const { result, reports } = waitFor(endpoint);
    expect(await result).toBe(endpoint);
    expect(reports).toEqual([]);
  });

  it('requests the path of the endpoint, with a slash at the end', async () => {
    const paths: unknown[] = [];
    const server = createHttpServer((request, response) => {
      paths.push(request.url);
      response.end();
    });
    await waitFor(toEndpoint('127.0.0.1', await open(server), '/project/wb1/')).result;
    expect(paths).toEqual(['/project/wb1/']);
  });

  it('finds a program that listens on ::1 only', async () => {
    const port = await open(createHttpServer(respondWith(200)), '::1');
    const { result } = waitFor(toEndpoint('127.0.0.1', port), toEndpoint('::1', port));
    expect(await result).toBe(`http://[::1]:${port}`);
  });

  it('reports that nothing listens, and waits until something does', async () => {
    const port = await ports.allocate();
    const endpoint = toEndpoint('127.0.0.1', port);
    const waiting = waitFor(endpoint, toEndpoint('::1', port));
    expect(await waiting.report('refused')).toEqual({ kind: 'refused' });
    await open(createHttpServer(respondWith(200)), '127.0.0.1', port);
    expect(await waiting.until('ready', () => waiting.endpoint)).toBe(endpoint);
  });

  it('finds a program on a socket that is created later, and prefers it to its port', async () => {
    const socket = join(await mkdtemp(join(tmpdir(), 'wb-socket-')), 'socket');
    onTestFinished(() => rm(dirname(socket), { recursive: true, force: true }));
    const endpoint = toSocketEndpoint(socket, '/project/wb1');
    const waiting = waitFor(endpoint);
    expect(await waiting.report('refused')).toEqual({ kind: 'refused' });
    const paths: unknown[] = [];
    const server = createHttpServer((request, response) => {
      paths.push(request.url);
      response.end();
    });
    server.listen(socket);
    onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
    expect(await waiting.until('ready', () => waiting.endpoint)).toBe(endpoint);
    expect(paths).toContain('/project/wb1/');
    const port = await open(createHttpServer(respondWith(200)));
    expect(await waitFor(endpoint, toEndpoint('127.0.0.1', port)).result).toBe(endpoint);
  });

  it('reports TLS on a socket', async () => {
    const socket = join(await mkdtemp(join(tmpdir(), 'wb-socket-')), 'socket');
    onTestFinished(() => rm(dirname(socket), { recursive: true, force: true }));
    const server = createTlsServer(createCertificate()).listen(socket);
    onTestFinished(() => void server.close());
    expect(await waitFor(toSocketEndpoint(socket)).report('tls')).toEqual({ kind: 'tls' });
  });

  it('does not try ::1 when something listens on 127.0.0.1', async () => {
    const port = await open(createHttpServer(respondWith(503)));
    await open(createHttpServer(respondWith(200)), '::1', port);
    const waiting = waitFor(toEndpoint('127.0.0.1', port), toEndpoint('::1', port));
    expect(await waiting.report('status')).toEqual({ kind: 'status', status: 503 });
  });

  it.each<[string, NotReady, () => Server]>([
    ['responds with 503', { kind: 'status', status: 503 }, () => createHttpServer(respondWith(503))],
    ['closes connections', { kind: 'reset' }, () => createServer((socket) => socket.destroy())],
    ['resets connections', { kind: 'reset' }, () => createServer((socket) => socket.resetAndDestroy())],
    [
      'sends something that is not HTTP',
      { kind: 'not_http' },
      () => createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')),
    ],
    [
      'switches protocols',
      { kind: 'not_http' },
      () =>
        createServer((socket) =>
          socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
        ),
    ],
    ['speaks TLS', { kind: 'tls' }, () => createTlsServer(createCertificate())],
    ['has no certificate for TLS', { kind: 'tls' }, () => createTlsServer()],
    [
      'sends a TLS alert',
      { kind: 'tls' },
      () => createServer((socket) => socket.end(Buffer.from([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46]))),
    ],
  ])('reports a program that %s', async (_, seen, create) => {
    const waiting = waitFor(toEndpoint('127.0.0.1', await open(create())));
    expect(await waiting.report(seen.kind)).toEqual(seen);
  });

  it('gives each attempt more time after a timeout, up to 30 s', async () => {
    const waiting = waitFor(toEndpoint('127.0.0.1', await open(createHttpServer(() => {}))));
    const timeouts = () => waiting.reports.map((seen) => (seen.kind === 'timeout' ? seen.afterMs : -1));
    const longest = () => timeouts().filter((afterMs) => afterMs === 30_000).length;
    // More reports than fit into one attempt.
    await waiting.until('two attempts with the longest timeout', () => longest() === 8, 2000);
    const different = [...new Set(timeouts())];
    expect(different).toEqual(different.toSorted((a, b) => a - b));
    expect(different[0]).toBe(2000);
    expect(different).toContain(4500);
  });

  it('finds a program whose first page takes 20 s', async () => {
    let clock: ManualClock | undefined;
    const server = createHttpServer((_request, response) => {
      clock?.after(20_000, () => response.end('slow'));
    });
    const endpoint = toEndpoint('127.0.0.1', await open(server));
    const waiting = waitFor(endpoint);
    clock = waiting.clock;
    expect(await waiting.until('ready', () => waiting.endpoint)).toBe(endpoint);
    expect(waiting.reports[0]).toEqual({ kind: 'timeout', afterMs: 2000 });
  });

  it('reports first after 5 s, and then every 5 s', async () => {
    const waiting = waitFor(toEndpoint('127.0.0.1', await open(createHttpServer(respondWith(500)))));
    const start = waiting.clock.now();
    await waiting.until('the third report', () => waiting.reports.length === 3);
    const seconds = waiting.reportTimes.map((time) => (time - start) / 1000);
    expect(seconds.filter((second) => second % 5 !== 0)).toEqual([]);
    expect(new Set(seconds).size).toBe(3);
  });

  it('returns undefined when the signal aborts during an attempt', async () => {
    const connected = Promise.withResolvers<void>();
    const server = createServer(() => connected.resolve());
    const waiting = waitFor(toEndpoint('127.0.0.1', await open(server)));
    await connected.promise;
    waiting.ending.abort();
    expect(await waiting.result).toBeUndefined();
  });

  it('returns only after a report in progress has ended', async () => {
    const reporting = Promise.withResolvers<void>();
    const order: string[] = [];
    let status = 500;
    const server = createHttpServer((request, response) => respondWith(status)(request, response));
    const clock = new ManualClock();
    const result = waitUntilReady({
      endpoints: [toEndpoint('127.0.0.1', await open(server))],
      timers: clock,
      signal: new AbortController().signal,
      report: async () => {
        order.push('report');
        await reporting.promise;
        order.push('reported');
      },
    }).then(() => order.push('ready'));
    const pass = async () => {
      await waitRealStep();
      await clock.advanceAsync(500);
    };
    await eventually(pass, 'a report', () => order.length === 1);
    status = 200;
    await eventually(pass, 'the end of the attempts', () => clock.scheduledCount === 0);
    reporting.resolve();
    await result;
    expect(order).toEqual(['report', 'reported', 'ready']);
  });
});

it.each<[NotReady, string]>([
  [{ kind: 'refused' }, 'nothing listens on port 80'],
  [{ kind: 'reset' }, 'it closes connections to port 80 without a response'],
  [{ kind: 'timeout', afterMs: 4500 }, 'its first page takes longer than 4.5 s'],
  [{ kind: 'timeout', afterMs: 30_000 }, 'its first page takes longer than 30 s'],
  [{ kind: 'tls' }, 'it responds with TLS on port 80, which must be plain HTTP'],
  [{ kind: 'status', status: 503 }, 'it responds with status 503 on port 80'],
  [{ kind: 'not_http' }, 'its response on port 80 is not HTTP'],
])('describes %j', (seen, text) => {
  expect(describeNotReady(seen, 'port 80')).toBe(text);
});

it.each([
  ['http://127.0.0.1:8080', { host: '127.0.0.1', port: 8080, pathname: '/' }],
  ['http://[::1]:8080', { host: '::1', port: 8080, pathname: '/' }],
  ['http://127.0.0.1:8080/project/wb1', { host: '127.0.0.1', port: 8080, pathname: '/project/wb1/' }],
  [
    toSocketEndpoint('/data/a:b [c]/ü%', '/project/wb1/'),
    { socketPath: '/data/a:b [c]/ü%', pathname: '/project/wb1/' },
  ],
  [toSocketEndpoint('/data/socket'), { socketPath: '/data/socket', pathname: '/' }],
  ['http://10.0.0.1/', { host: '10.0.0.1', port: 80, pathname: '/' }],
])('parses the endpoint %s', (endpoint, target) => {
  expect(parseEndpoint(endpoint)).toEqual(target);
});

it.each([
  ['http://127.0.0.1:8080', ['127.0.0.1:8080', 'localhost:8080']],
  ['http://[::1]:8080/path', ['[::1]:8080', 'localhost:8080']],
  [toSocketEndpoint('/data/socket'), []],
])('returns the hosts of %s', (endpoint, hosts) => {
  expect(hostsOf(parseEndpoint(endpoint))).toEqual(hosts);
});
