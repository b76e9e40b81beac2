import { createServer, type IncomingMessage, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemTimers } from '#adapters/local/timers.ts';
import { DEPLOYED_GATE_RULES, DEPLOYED_GATE_SETTINGS } from '#contract/settings/gate-deployment-settings.ts';
import { type Environment, parseSettings } from '#contract/settings/setting.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { createAwsGate } from '#gate/aws/aws-gate.ts';
import { parseSealKeys } from '#gate/aws/secrets.ts';
import { Seal } from '#gate/session/seal.ts';
import { Sessions } from '#gate/session/sessions.ts';
import { running, stopped } from '#test/builders/workbench.ts';
import { NO_LINKS } from '#test/gate/no-links.ts';
import { NO_SHARES } from '#test/gate/no-shares.ts';
import { RecordTable } from '#test/gate/open-signed-in-gate.ts';
import { TelemetryRecorder } from '#test/local/telemetry-recorder.ts';

import { MemoryActivityStore } from '#test/memory/memory-activity-store.ts';
import { MemoryAuditStore } from '#test/memory/memory-audit-store.ts';
import { MemorySessionCutoffStore } from '#test/memory/memory-session-cutoff-store.ts';
import { MemoryTicketStore } from '#test/memory/memory-ticket-store.ts';

const ARN = 'arn:aws:secretsmanager:us-west-1:123456789012:secret:some';
const ENVIRONMENT: Environment = {
  BASE_URL: 'https://wb.example.com',
  WB_AUTH_SECRET_ARN: ARN,
  WB_GATE_API_URL: 'https://api.example.com',
  WB_GATE_KEYS_SECRET_ARN: ARN,
};
const ISSUER: Environment = { WB_GATE_ISSUER: 'https://id.example.com', WB_GATE_CLIENT_ID: 'gate' };
const KEYS = parseSealKeys(JSON.stringify({ current: 'k'.repeat(48) }));

async function openGate(environment: Environment = {}) {
  const timers = systemTimers;
  const table = new RecordTable();
  const commands: string[] = [];
  const accept = (command: string) => async (userId: string, workbenchId: string) => {
    commands.push(`${command} ${userId} ${workbenchId}`);
    return { kind: 'accepted' } as const;
  };
  const gate = createAwsGate({
    settings: parseSettings(DEPLOYED_GATE_SETTINGS, DEPLOYED_GATE_RULES, { ...ENVIRONMENT, ...environment }),
    ports: {
      workbenches: table,
      shares: NO_SHARES,
      tickets: new MemoryTicketStore(),
      cutoffs: new MemorySessionCutoffStore(),
      activity: new MemoryActivityStore(),
      audit: new MemoryAuditStore(),
      startTimes: { list: async () => [] },
      commands: { start: accept('start'), stop: accept('stop'), ...NO_LINKS },
      telemetry: new TelemetryRecorder(),
    },
    sealKeys: async () => KEYS,
    probeKeys: undefined,
    clientSecret: undefined,
    timers,
  });
  const port = await gate.listen('127.0.0.1', 0, 'GATE_PORT');
  const close = () => gate.close({ delayMs: 0, spreadMs: 0, graceMs: 0 });
  onTestFinished(close);
  const sessions = new Sessions(new Seal(async () => KEYS, timers), timers);
  /** Sends a request as the load balancer does. */
  const ask = (
    host: string,
    path: string,
    headers: Readonly<Record<string, string>> = {},
    method = 'GET',
    body = '',
  ) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const options = { port, path, method, agent: false, headers: { host, ...headers } };
      send(options, resolve).once('error', reject).end(body);
    });
  /** The cookie of a user on the host of a workbench. */
  const cookieOf = async (userId: string, { workbenchId }: Workbench) => {
    const now = timers.now();
    const header = await sessions.formatWorkbench({
      ...{ hash: '', workbenchId, userId, admin: false, signedInAt: now },
      ...{ sessionExpiresAt: now + 60_000, expiresAt: now + 1000 },
    });
    return header.split(';')[0] ?? '';
  };
  return { ask, close, commands, cookieOf, gate, table, timers };
}

/** Starts a workbench that responds with the headers that it receives. */
async function startWorkbench(): Promise<Workbench> {
  const server = createServer((request, response) => response.end(JSON.stringify(request.headers)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const record = running();
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { ...record, run: { ...record.run, endpoint } };
}

const NAVIGATION = { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'none' };
const hostOf = ({ workbenchId }: Workbench) => `${workbenchId}.wb.example.com`;

describe('the health of the gate', () => {
  it('is reported to a load balancer, which names the address of the task', async () => {
    const { ask, table } = await openGate();
    const response = await ask('10.0.1.5:8080', '/.wb/health');
    expect([response.statusCode, await text(response)]).toEqual([200, 'ok']);
    expect(table.reads).toBeGreaterThan(0);
  });

  it('is bad while the table cannot be read', async () => {
    const { ask, table } = await openGate();
    table.failing = true;
    expect((await ask('10.0.1.5:8080', '/.wb/health')).statusCode).toBe(503);
  });
});

describe('a request', () => {
  it('keeps its connection for longer than the load balancer does', async () => {
    const { ask } = await openGate();
    const response = await ask('10.0.1.5:8080', '/.wb/health', { connection: 'keep-alive' });
    expect(response.headers['keep-alive']).toBe('timeout=4060');
  });

  it('without a session leads to the sign-in host, and back to the page', async () => {
    const { ask, table } = await openGate(ISSUER);
    const workbench = await startWorkbench();
    table.put(workbench);
    const response = await ask(hostOf(workbench), '/lab?x=1', NAVIGATION);
    expect(response.statusCode).toBe(302);
    const { origin, pathname, searchParams } = new URL(response.headers.location ?? '');
    expect(`${origin}${pathname}`).toBe('https://wb.example.com/.wb/login');
    expect(searchParams.get('rd')).toBe(`https://${hostOf(workbench)}/lab?x=1`);
  });

  it('without a session is refused if there is no issuer', async () => {
    const { ask, table } = await openGate();
    const workbench = await startWorkbench();
    table.put(workbench);
    expect((await ask(hostOf(workbench), '/lab', NAVIGATION)).statusCode).toBe(401);
  });

  it('of the owner reaches the workbench, without an address that the browser made up', async () => {
    const { ask, cookieOf, table } = await openGate(ISSUER);
    const workbench = await startWorkbench();
    table.put(workbench);
    const response = await ask(hostOf(workbench), '/', {
      cookie: await cookieOf(workbench.userId, workbench),
      'x-forwarded-for': '192.0.2.66, 203.0.113.9',
    });
    expect(response.statusCode).toBe(200);
    const received = JSON.parse(await text(response)) as Readonly<Record<string, string>>;
    expect(received).toMatchObject({
      'x-forwarded-for': '203.0.113.9, 127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-workbench-user': workbench.userId,
    });
    expect(received).not.toHaveProperty('cookie');
  });

  it('of another user finds no workbench', async () => {
    const { ask, cookieOf, table } = await openGate(ISSUER);
    const workbench = await startWorkbench();
    table.put(workbench);
    const cookie = await cookieOf('eve', workbench);
    expect((await ask(hostOf(workbench), '/', { cookie })).statusCode).toBe(404);
  });
});

it('a form of the owner starts a stopped workbench through the API', async () => {
  const { ask, commands, cookieOf, table } = await openGate(ISSUER);
  const workbench = stopped();
  table.put(workbench);
  const headers = {
    cookie: await cookieOf(workbench.userId, workbench),
    origin: `https://${hostOf(workbench)}`,
    'sec-fetch-site': 'same-origin',
    'sec-fetch-mode': 'navigate',
    'content-type': 'application/x-www-form-urlencoded',
  };
  await ask(hostOf(workbench), '/.wb/start', headers, 'POST', 'back=%2F');
  expect(commands).toEqual([`start ${workbench.userId} ${workbench.workbenchId}`]);
});

it('accepts no connections after it has ended', async () => {
  const { ask, close } = await openGate();
  await close();
  await expect(ask('10.0.1.5:8080', '/.wb/health')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
