import { beforeEach, expect, it } from 'vitest';
import { PortError } from '#core/ports/port-error.ts';
import { UnreadableRecord } from '#core/ports/workbench-store.ts';
import { encodeRecord } from '#core/workbench/record-codec.ts';
import type { Workbench, WorkbenchKey } from '#core/workbench/workbench.ts';
import { CALLS_MAX, type GateRequestMessage } from '#gate/ipc/messages.ts';
import { GateRequests } from '#local/gate-requests.ts';
import { running } from '#test/builders/workbench.ts';
import { anAuditEvent } from '#test/contracts/audit-store.ts';
import { TelemetryRecorder } from '#test/local/telemetry-recorder.ts';
import { MemoryAuditStore } from '#test/memory/memory-audit-store.ts';
import { memoryStores } from '#test/memory/memory-stores.ts';

const workbench = running();
const key = { userId: workbench.userId, workbenchId: workbench.workbenchId };
let now: number;
let telemetry: TelemetryRecorder;
let reads: WorkbenchKey[];
let read: () => Promise<Workbench | undefined>;
let activity: [string, number][];
let requests: GateRequests;
let audit: MemoryAuditStore;

beforeEach(() => {
  now = 1_000;
  telemetry = new TelemetryRecorder();
  reads = [];
  read = async () => workbench;
  const workbenches = {
    findByWorkbenchId: async (id: string) => (id === key.workbenchId ? key : undefined),
    read: (asked: WorkbenchKey) => {
      reads.push(asked);
      return read();
    },
    listActive: async () => ({ keys: [key] }),
  };
  activity = [];
  audit = new MemoryAuditStore();
  const stores = {
    ...memoryStores(),
    audit,
    workbenches,
    activity: {
      record: async (workbenchId: string, at: number) => void activity.push([workbenchId, at]),
      readEvidence: async (workbenchId: string, runId: string) => ({
        browser: workbenchId === key.workbenchId && runId === 'run' ? 7 : 0,
      }),
    },
  };
  requests = new GateRequests(stores, telemetry, () => now);
});

const request = (call: string, argument: unknown, deadline = 2_000) =>
  ({ type: 'request', id: 7, call, argument, deadline }) as GateRequestMessage;

it('returns the key of a workbench, or null', async () => {
  expect(await requests.respond(request('findWorkbench', { workbenchId: key.workbenchId }))).toEqual({
    type: 'result',
    id: 7,
    result: key,
  });
  expect(await requests.respond(request('findWorkbench', { workbenchId: 'other' }))).toMatchObject({
    result: null,
  });
});

it('lists the running workbenches', async () => {
  expect(await requests.respond(request('listRunning', {}))).toMatchObject({
    result: [{ workbenchId: key.workbenchId, endpoint: workbench.run.endpoint }],
  });
});

it('returns a record in its stored form', async () => {
  expect(await requests.respond(request('readWorkbench', key))).toMatchObject({
    result: encodeRecord(workbench),
  });
});

it('records activity', async () => {
  const { workbenchId } = key;
  expect(await requests.respond(request('recordActivity', { workbenchId, at: 5 }))).toMatchObject({
    result: null,
  });
  expect(activity).toEqual([[workbenchId, 5]]);
});

it('reads the evidence of the use of a run', async () => {
  const argument = { workbenchId: key.workbenchId, runId: 'run' };
  expect(await requests.respond(request('readEvidence', argument))).toMatchObject({ result: { browser: 7 } });
});

it('appends audit events, or appends them once', async () => {
  const event = anAuditEvent();
  const append = (id: string, at: number, once: boolean) =>
    requests.respond(request('appendAudit', { event: { ...event, id, at }, once }));
  expect(await append('a', 1, false)).toMatchObject({ type: 'result', result: null });
  await append('a', 2, false);
  await append('b', 3, true);
  await append('b', 4, true);
  expect(audit.events.map(({ at }) => at)).toEqual([1, 2, 3]);
});

it('executes commands once the API is connected', async () => {
  const calls: string[] = [];
  const start = () => requests.respond(request('startWorkbench', key));
  expect(await start()).toMatchObject({ type: 'result', result: { kind: 'unavailable' } });
  requests.setCommands({
    async start(userId, workbenchId) {
      calls.push(`start ${userId} ${workbenchId}`);
      return { kind: 'accepted' };
    },
    async stop(userId, workbenchId) {
      calls.push(`stop ${userId} ${workbenchId}`);
      return { kind: 'refused', status: 409, message: 'm' };
    },
    async previewLink(userId, code) {
      calls.push(`preview ${userId} ${code}`);
      return { kind: 'refused', status: 404, message: 'm' };
    },
    async redeemLink(userId, code) {
      calls.push(`redeem ${userId} ${code}`);
      return { kind: 'unavailable' };
    },
  });
  expect(await start()).toMatchObject({ result: { kind: 'accepted' } });
  expect(await requests.respond(request('stopWorkbench', key))).toMatchObject({
    result: { kind: 'refused', status: 409, message: 'm' },
  });
  const link = { userId: 'bob', code: 'c' };
  expect(await requests.respond(request('previewLink', link))).toMatchObject({ result: { status: 404 } });
  expect(await requests.respond(request('redeemLink', link))).toMatchObject({
    result: { kind: 'unavailable' },
  });
  const { userId, workbenchId } = key;
  expect(calls).toEqual([
    ...[`start ${userId} ${workbenchId}`, `stop ${userId} ${workbenchId}`],
    ...['preview bob c', 'redeem bob c'],
  ]);
});

it('does not execute a request for which the gate no longer waits', async () => {
  now = 2_000;
  expect(await requests.respond(request('readWorkbench', key))).toBeUndefined();
  expect(reads).toEqual([]);
});

it.each([
  ['throttled', new PortError('throttled', 'm')],
  ['no_space', new PortError('no_space', 'm')],
  ['unavailable', new PortError('unavailable', 'm')],
  ['unreadable', new UnreadableRecord(key, new Error('no JSON'))],
])('returns a failure as %s', async (kind, error) => {
  read = () => Promise.reject(error);
  expect(await requests.respond(request('readWorkbench', key))).toMatchObject({
    type: 'failure',
    failure: { kind },
  });
  expect(telemetry.lines).toEqual([]);
});

it('logs a failure that is not expected, and does not send it to the gate', async () => {
  read = () => Promise.reject(new Error('a secret'));
  const response = await requests.respond(request('readWorkbench', key));
  expect(response).toMatchObject({ type: 'failure', failure: { kind: 'unavailable' } });
  expect(JSON.stringify(response)).not.toContain('secret');
  expect(telemetry.lines.map(({ level }) => level)).toEqual(['error']);
});

it.each([
  ['an unknown name', 'toString', {}],
  ['a missing argument', 'readWorkbench', undefined],
  ['another type', 'readWorkbench', { userId: { $ne: '' }, workbenchId: 'w' }],
  ['a long text', 'findWorkbench', { workbenchId: 'x'.repeat(1025) }],
])('executes no request with %s', async (_case, call, argument) => {
  expect(await requests.respond(request(call, argument))).toMatchObject({
    type: 'failure',
    failure: { kind: 'unavailable' },
  });
  expect(reads).toEqual([]);
});

it('executes a limited number of requests at once', async () => {
  const settle: (() => void)[] = [];
  read = () => new Promise((resolve) => settle.push(() => resolve(undefined)));
  const running = Array.from({ length: CALLS_MAX }, () => requests.respond(request('readWorkbench', key)));
  expect(await requests.respond(request('readWorkbench', key))).toMatchObject({ type: 'failure' });
  expect(reads).toHaveLength(CALLS_MAX);
  for (const end of settle) end();
  await Promise.all(running);
  read = async () => undefined;
  expect(await requests.respond(request('readWorkbench', key))).toMatchObject({ type: 'result' });
});
