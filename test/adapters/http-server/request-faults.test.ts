import { createServer, type RequestListener } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { closeServer, listen } from '#adapters/http-server/listen.ts';
import { attributeExceptions, outsideRequest, RequestFaults } from '#adapters/http-server/request-faults.ts';
import { rawRequest, sendRaw } from '#test/local/raw-http.ts';
import { TelemetryRecorder } from '#test/local/telemetry-recorder.ts';

const HOST = 'Host: localhost';
const GET = rawRequest('GET /', [HOST]);

/** Faults with a virtual clock. */
function makeFaults() {
  const telemetry = new TelemetryRecorder();
  const clock = { now: 0 };
  return { telemetry, clock, faults: new RequestFaults(telemetry, () => clock.now) };
}

/** A server whose exceptions can be attributed. */
async function open(listener: RequestListener) {
  const server = createServer(listener);
  attributeExceptions(server);
  const port = await listen(server, '127.0.0.1', 0, 'PORT');
  onTestFinished(() => closeServer(server, 0));
  return { server, port };
}

/** The error of Node.js for an invalid status, without frames of this test. */
function thrownByHttp(): Error {
  const error = new RangeError('Invalid status code: 0');
  error.stack = [
    String(error),
    '    at ServerResponse.writeHead (node:_http_server:418:11)',
    '    at IncomingMessage.ondata (node:internal/streams/readable:1001:22)',
    '    at process.processTicksAndRejections (node:internal/process/task_queues:90:21)',
  ].join('\n');
  return error;
}

/** Calls `action` in a later event, as an exception that no caller can catch would occur. */
const later = (action: () => void) => void setImmediate(action);

describe('an exception in the handling of a request', () => {
  test('ends this request with 502, and no other', async () => {
    const { faults, telemetry } = makeFaults();
    let finishOther: () => void = () => {};
    const { port } = await open((request, response) => {
      if (request.url === '/other') finishOther = () => response.end('ok');
      else later(() => faults.contain(new Error('late')));
    });
    const other = sendRaw(port, rawRequest('GET /other', [HOST]));
    const failing = await sendRaw(port, GET);
    expect([failing.status, failing.body]).toEqual([502, '{"message":"Bad Gateway"}']);
    finishOther();
    expect((await other).body).toContain('ok');
    expect(telemetry.lines).toEqual([
      { level: 'error', message: 'an exception ended a request', fields: { total: 1 } },
    ]);
  });

  test('closes the connection when a response has begun', async () => {
    const { faults } = makeFaults();
    const { port } = await open((_request, response) => {
      response.writeHead(200, { 'Content-Length': 100 }).write('half');
      later(() => faults.contain(new Error('late')));
    });
    const { head, body } = await sendRaw(port, GET);
    expect(head).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(body).not.toContain('502');
  });

  test('closes the connection when its response waits for an earlier one', async () => {
    const { faults } = makeFaults();
    const { port } = await open((request) => {
      if (request.url === '/second') later(() => faults.contain(new Error('late')));
    });
    const { head } = await sendRaw(
      port,
      `GET /first HTTP/1.1\r\n${HOST}\r\n\r\n${rawRequest('GET /second', [HOST])}`,
    );
    expect(head).toBe('');
  });

  test('is attributed in the events of its body', async () => {
    const { faults } = makeFaults();
    const contained: boolean[] = [];
    const { port } = await open((request) => {
      request.on('data', () => {});
      request.on('end', () => contained.push(faults.contain(new Error('in the body'))));
    });
    const { status } = await sendRaw(port, rawRequest('POST /', [HOST, 'Content-Length: 2'], 'hi'));
    expect([status, contained]).toEqual([502, [true]]);
  });

  test('is attributed in an upgrade that Node.js reports outside of the context', async () => {
    const { faults } = makeFaults();
    const contained: boolean[] = [];
    const { server, port } = await open((request) => {
      const report = () => server.emit('upgrade', request, request.socket, Buffer.alloc(0));
      outsideRequest(() => later(report));
    });
    server.on('upgrade', (_request, socket) => {
      contained.push(faults.contain(new Error('in the upgrade')));
      socket.destroy();
    });
    await sendRaw(port, GET);
    expect(contained).toEqual([true]);
  });

  test('is logged at most 20 times a minute, and survived each time', async () => {
    const { faults, telemetry, clock } = makeFaults();
    const { port } = await open(() => later(() => faults.contain(new Error('late'))));
    for (let sent = 0; sent < 22; sent += 1) expect((await sendRaw(port, GET)).status).toBe(502);
    expect(telemetry.lines.length).toBe(20);
    clock.now += 60_000;
    await sendRaw(port, GET);
    expect(telemetry.lines.at(-1)?.fields).toEqual({ total: 23 });
  });
});

describe('an exception of work that all requests share', () => {
  test('is not contained, although a request began the work', async () => {
    const { faults } = makeFaults();
    const contained: boolean[] = [];
    const { port } = await open((_request, response) => {
      outsideRequest(() =>
        later(() => {
          contained.push(faults.contain(new Error('in shared state')));
          response.end('ok');
        }),
      );
    });
    expect((await sendRaw(port, GET)).status).toBe(200);
    expect(contained).toEqual([false]);
  });
});

describe('an exception without a request', () => {
  test('is not contained when code of the project is involved', () => {
    const { faults, telemetry } = makeFaults();
    const error = thrownByHttp();
    error.stack += '\n    at GateServer.close (file:///opt/gate/gate-server.ts:1:1)';
    expect(faults.contain(error)).toBe(false);
    expect(faults.contain(new Error('unforeseen'))).toBe(false);
    expect(faults.contain('a text')).toBe(false);
    expect(telemetry.lines).toEqual([]);
  });

  test('is not contained when it comes from the client of another server', () => {
    const error = thrownByHttp();
    error.stack = `${error.message}\n    at Socket.socketOnEnd (node:_http_client:542:25)`;
    expect(makeFaults().faults.contain(error)).toBe(false);
  });

  test('is contained at most 20 times a minute when HTTP alone is involved', () => {
    const { faults, clock } = makeFaults();
    const results = Array.from({ length: 21 }, () => faults.contain(thrownByHttp()));
    expect(results).toEqual([...Array.from({ length: 20 }, () => true), false]);
    clock.now += 59_999;
    expect(faults.contain(thrownByHttp())).toBe(false);
    clock.now += 1;
    expect(faults.contain(thrownByHttp())).toBe(true);
  });
});
