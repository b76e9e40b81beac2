import { describe, expect, test } from 'vitest';
import { ACTING_ROLES } from '#core/access/rights.ts';
import { STOP_NOTICE_MS, stopNoticeOf } from '#core/gate/stop-notice.ts';
import type { Running } from '#core/workbench/workbench.ts';
import { acceptedRun, MINUTE, running, T0 } from '#test/builders/workbench.ts';

const AT = T0 + 60 * MINUTE;
const IDLE = { minutes: 30, since: T0, because: 'start', checkAt: AT } as const;

/** A workbench that stops at AT, for each reason. */
const PLANNED: readonly (readonly [string, Partial<Running>, boolean])[] = [
  ['idle', { idle: { ...IDLE, idleStopAt: AT } }, true],
  ['schedule', { schedule: { stop: '0 13 * * *', zone: 'UTC', nextStopAt: AT, state: 'warned' } }, true],
  ['max_life', { lifeEndsAt: AT }, false],
  ['stop_at', { plannedStopAt: AT }, false],
  ['machine_drained', { run: acceptedRun({ interruption: { kind: 'drain', until: AT } }) }, false],
];

describe.each(PLANNED)('a stop for the reason %s', (code, fields, canExtend) => {
  test('is announced ten minutes before, to those who may extend it with the way to do so', () => {
    for (const role of ACTING_ROLES) {
      const notice = stopNoticeOf(running(fields), role, AT - STOP_NOTICE_MS);
      expect(notice).toEqual({ at: AT, code, canExtend: canExtend && role !== 'use' });
    }
  });

  test('is not announced earlier, unless the workbench is idle: that stop is planned with its warning', () => {
    const notice = stopNoticeOf(running(fields), 'owner', AT - STOP_NOTICE_MS - 1);
    expect(notice?.code).toBe(code === 'idle' ? 'idle' : undefined);
  });
});

test('a workbench that is not planned to stop has no notice', () => {
  expect(stopNoticeOf(running({ idle: IDLE }), 'owner', AT)).toBeUndefined();
});
