import { Script } from 'node:vm';
import { describe, expect, test } from 'vitest';
import type { Visitor } from '#core/gate/visitor.ts';
import type { Evidence } from '#core/ports/activity-store.ts';
import { PortError } from '#core/ports/port-error.ts';
import { REASON_CODES } from '#core/workbench/reasons.ts';
import type { Running, Workbench } from '#core/workbench/workbench.ts';
import { describeStop, noticeRoutes } from '#gate/notice/notice-routes.ts';
import { NOTICE_SCRIPT } from '#gate/notice/notice-script.ts';
import { PageRenderer } from '#gate/pages/page-renderer.ts';
import { aShare } from '#test/builders/share.ts';
import { acceptedRun, ID, MINUTE, RUN_ID, running, stopped, T0, USER } from '#test/builders/workbench.ts';
import { DEFAULT_LOOK } from '#test/gate/pages/default-look.ts';
import { serveOwnRoute } from '#test/gate/serve-own-route.ts';
import { TelemetryRecorder } from '#test/local/telemetry-recorder.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

const CONSOLE = 'https://console.example.com';
const OWNER: Visitor = {
  kind: 'user',
  userId: USER,
  admin: false,
  signedInAt: T0,
  expiresAt: T0 + 3_600_000,
};
const IDLE = { minutes: 30, since: T0, because: 'start', checkAt: T0 } as const;

const open = (fields: Partial<Running> = {}) =>
  running({ run: acceptedRun({ endpoint: 'http://10.0.0.1:80' }), ...fields });
const idle = () => open({ idle: { ...IDLE, idleStopAt: T0 + 9 * MINUTE } });

interface Setting {
  readonly record?: Workbench | undefined | 'unreadable';
  readonly visitor?: Visitor;
  readonly role?: 'use' | 'manage';
  readonly consoleUrl?: string | undefined;
  readonly evidence?: Evidence | 'unreadable';
}

/** Requests what the script shows. */
async function ask(setting: Setting = {}) {
  const { visitor = OWNER, role } = setting;
  const record = 'record' in setting ? setting.record : idle();
  let reads = 0;
  const [, route] = noticeRoutes({
    records: {
      async find() {
        reads += 1;
        if (record === 'unreadable') throw new PortError('unavailable', 'the table does not respond');
        return record;
      },
    },
    shares: {
      find: async () =>
        role === undefined || visitor.kind !== 'user'
          ? []
          : [aShare({ grantee: { kind: 'user', userId: visitor.userId }, role })],
    },
    activity: {
      async readEvidence(workbenchId, runId) {
        const { evidence = { browser: IDLE.since } } = setting;
        if (evidence === 'unreadable') throw new PortError('unavailable', 'the table does not respond');
        return workbenchId === ID && runId === RUN_ID ? evidence : {};
      },
    },
    consoleUrl: 'consoleUrl' in setting ? setting.consoleUrl : CONSOLE,
    pages: new PageRenderer(DEFAULT_LOOK),
    clock: new ManualClock(T0),
    telemetry: new TelemetryRecorder(),
  });
  if (route === undefined) throw new Error('no such route');
  const send = await serveOwnRoute(route, { visitor, prefix: '', workbenchId: ID });
  const { status, headers, body } = await send({ accept: 'application/json' });
  return { status, headers, body: JSON.parse(body) as unknown, reads };
}

describe('what the script of the notice asks for', () => {
  test('is the time until the stop, why it comes, and where to extend it', async () => {
    const { status, headers, body } = await ask();
    expect([status, headers['cache-control']]).toEqual([200, 'no-store']);
    expect(body).toEqual({
      kind: 'idle',
      seconds: 540,
      before: 'This workbench stops in ',
      after: ' because it is not used. Use it or extend it to keep it running.',
      extend_url: `${CONSOLE}/#/workbenches/${ID}`,
    });
  });

  test('is nothing while no stop is near', async () => {
    expect((await ask({ record: open({ idle: IDLE }) })).body).toEqual({});
  });

  test.each<[string, Evidence]>([
    ['a person has used it', { browser: IDLE.since + 1 }],
    ['a kernel has worked', { ide: IDLE.since + 1 }],
    ['a program keeps it for longer', { keepaliveUntil: T0 + 10 * MINUTE }],
  ])('is nothing once %s since the warning: the controller will move the stop', async (_, evidence) => {
    expect((await ask({ evidence })).body).toEqual({});
    const endsBefore = open({ ...idle(), lifeEndsAt: T0 + MINUTE });
    expect((await ask({ evidence, record: endsBefore })).body).toMatchObject({ kind: 'max_life' });
  });

  test('is the stop as long as the evidence cannot be read, or is from before the warning', async () => {
    for (const evidence of ['unreadable', { browser: IDLE.since, keepaliveUntil: T0 + 9 * MINUTE }] as const)
      expect((await ask({ evidence })).body).toMatchObject({ kind: 'idle' });
  });

  test('is that it runs no more, after the stop', async () => {
    expect((await ask({ record: stopped() })).body).toMatchObject({ kind: 'not_running' });
  });

  test('names the owner in the address of a console without a sign-in, which does not know the user', async () => {
    const { body } = await ask({ visitor: { kind: 'open' }, consoleUrl: 'http://127.0.0.1:8999/' });
    expect(body).toMatchObject({ extend_url: `http://127.0.0.1:8999/#/workbenches/${ID}?owner=${USER}` });
  });

  test.each([
    [
      'whom the workbench is shared with for use alone',
      { visitor: { ...OWNER, userId: 'bob' }, role: 'use' },
    ],
    ['of a workbench whose stop no extension moves', { record: open({ lifeEndsAt: T0 + MINUTE }) }],
    ['of an installation without a console', { consoleUrl: undefined }],
  ] satisfies [string, Setting][])('has no address to extend it for a visitor %s', async (_, setting) => {
    const { status, body } = await ask(setting);
    expect([status, body]).toEqual([200, expect.not.objectContaining({ extend_url: expect.anything() })]);
    expect(body).toMatchObject({ seconds: expect.any(Number) });
  });

  test.each([
    [401, 0, { visitor: { kind: 'none' } }],
    [404, 1, { visitor: { ...OWNER, userId: 'eve' } }],
    [404, 1, { record: undefined }],
    [503, 1, { record: 'unreadable' }],
  ] satisfies [number, number, Setting][])(
    'is refused with %i after %i reads of the record',
    async (status, reads, setting) => {
      const refused = await ask(setting);
      expect([refused.status, refused.reads]).toEqual([status, reads]);
      expect(refused.body).toEqual({ message: expect.any(String) });
    },
  );
});

test('the notice says for each reason why, in a sentence', () => {
  for (const code of REASON_CODES) {
    for (const canExtend of [true, false]) {
      const text = describeStop({ at: T0, code, canExtend });
      expect(text).toMatch(/^[a-z].*\.$/);
      if (!canExtend) expect(text).not.toContain('extend');
    }
  }
});

test('the script of the notice is small, is valid, and writes no HTML', () => {
  expect(Buffer.byteLength(NOTICE_SCRIPT)).toBeLessThan(4096);
  expect(() => new Script(NOTICE_SCRIPT)).not.toThrow();
  // A policy of the page may forbid them, and they would let a text become a script.
  expect(NOTICE_SCRIPT).not.toMatch(
    /innerHTML|outerHTML|insertAdjacent|document\.write|eval|<style|setAttribute\('style/,
  );
});

test('the script is the same for everybody, and may be stored', async () => {
  const [route] = noticeRoutes({
    activity: { readEvidence: async () => ({}) },
    ...{ records: { find: async () => undefined }, shares: { find: async () => [] }, consoleUrl: undefined },
    ...{
      pages: new PageRenderer(DEFAULT_LOOK),
      clock: new ManualClock(T0),
      telemetry: new TelemetryRecorder(),
    },
  });
  if (route === undefined) throw new Error('no such route');
  const send = await serveOwnRoute(route, { visitor: { kind: 'none' }, prefix: '', workbenchId: ID });
  const { status, headers, body } = await send({});
  expect([status, body]).toEqual([200, NOTICE_SCRIPT]);
  expect(headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, max-age=3600',
    'x-content-type-options': 'nosniff',
  });
});
