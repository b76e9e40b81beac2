import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { HttpGateProbe } from '#adapters/http-gate-probe.ts';
import { verifyProbeToken } from '#adapters/probe-token.ts';
import type { GateProbeResult } from '#core/ports/gate-probe.ts';
import { gateProbe } from '#functions/wiring/drive.ts';

const KEY = 'k'.repeat(64);
const NOW = 1_900_000_000_000;
const TASK = { workbenchId: '01j00000000000000000000000', taskId: '0123456789abcdef' };

async function openGate(listener: RequestListener): Promise<URL> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

function probeAt(url: URL, timeoutMs?: number): HttpGateProbe {
  return new HttpGateProbe({
    gate: () => ({ url }),
    keys: async () => [KEY],
    clock: { now: () => NOW, elapsed: () => 0 },
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
}

it('sends a token of the task in a header, and nothing in the URL and the body', async () => {
  const received: { method: unknown; url: unknown; headers: IncomingHttpHeaders; body: string }[] = [];
  const gate = await openGate(({ method, url, headers }, response) => {
    received.push({ method, url, headers, body: '' });
    response.end(JSON.stringify({ task_id: TASK.taskId, reachable: true }));
  });
  expect(await probeAt(gate).probe(TASK)).toEqual({ kind: 'reachable' });
  const [request] = received;
  const { authorization = '', ...headers } = request?.headers ?? {};
  expect(request).toMatchObject({ method: 'POST', url: '/.wb/reachable' });
  expect(headers).toEqual({ host: gate.host, 'content-length': '0', connection: 'close' });
  expect(authorization).toMatch(/^Bearer wbprobe\./);
  expect(verifyProbeToken([KEY], authorization.slice('Bearer '.length), NOW)).toEqual(TASK);
});

const json = (value: unknown) => JSON.stringify(value);
const { taskId: task_id } = TASK;

it.each<[string, number, string, GateProbeResult]>([
  ['a reason', 200, json({ task_id, reachable: false, detail: 'no' }), { kind: 'unreachable', detail: 'no' }],
  ['the result of another task', 200, json({ task_id: 'x', reachable: true }), { kind: 'silent' }],
  ['neither', 200, json({ task_id }), { kind: 'silent' }],
  ['no reason', 200, json({ task_id, reachable: false }), { kind: 'silent' }],
  ['a long reason', 200, json({ task_id, reachable: false, detail: 'x'.repeat(101) }), { kind: 'silent' }],
  ['a control character', 200, json({ task_id, reachable: false, detail: 'a\nb' }), { kind: 'silent' }],
  ['no JSON', 200, '<html>', { kind: 'silent' }],
  ['null', 200, 'null', { kind: 'silent' }],
  ['a long body', 200, json({ task_id, reachable: true, x: 'x'.repeat(5_000) }), { kind: 'silent' }],
  ['a redirect', 302, json({ task_id, reachable: true }), { kind: 'silent' }],
  ['401, with a key that the gate does not know', 401, '', { kind: 'silent' }],
  ['502, from a load balancer without a healthy gate', 502, '', { kind: 'silent' }],
  ['503, from a gate that cannot read the record', 503, '', { kind: 'silent' }],
  ['404, from a gate of an older version', 404, 'Not found', { kind: 'unsupported' }],
])('takes a response with %s for what it is', async (_, status, body, result) => {
  const gate = await openGate((_request, response) => void response.writeHead(status).end(body));
  expect(await probeAt(gate).probe(TASK)).toEqual(result);
});

it('is silent if the gate does not respond in time, or ends the response', async () => {
  expect(await probeAt(await openGate(() => {}), 50).probe(TASK)).toEqual({ kind: 'silent' });
  const ends = await openGate((_request, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('{', () => response.destroy());
  });
  expect(await probeAt(ends).probe(TASK)).toEqual({ kind: 'silent' });
});

it('is silent if the keys cannot be read', async () => {
  const keys = async () => {
    throw new Error('the secret does not respond');
  };
  const url = await openGate((_request, response) => void response.end());
  const probe = new HttpGateProbe({
    gate: () => ({ url }),
    keys,
    clock: { now: () => NOW, elapsed: () => 0 },
  });
  expect(await probe.probe(TASK)).toEqual({ kind: 'silent' });
});

it('of a deployed function asks at BASE_URL, and no gate without keys', async () => {
  const paths: unknown[] = [];
  const gate = await openGate(({ url }, response) => {
    paths.push(url);
    response.end(json({ task_id, reachable: true }));
  });
  const settings = { BASE_URL: gate.origin };
  expect(await gateProbe(settings, async () => [KEY]).probe(TASK)).toEqual({ kind: 'reachable' });
  expect(await gateProbe(settings, undefined).probe(TASK)).toEqual({ kind: 'unsupported' });
  expect(paths).toEqual(['/.wb/reachable']);
});
