import { describe, expect, it } from 'vitest';
import { type FoundRecord, recheckRequest } from '#core/gate/decide-request.ts';
import type { Visitor } from '#core/gate/visitor.ts';
import { acceptedRun, idAt, running, starting, stopped, stopping, T0 } from '#test/builders/workbench.ts';
import { anOpenRequest, RUNNING, VISITOR } from '#test/gate/watch/an-open-request.ts';

const recheck = (
  found: FoundRecord,
  session: boolean | 'unreadable' = true,
  now = T0,
  visitor: Visitor = VISITOR,
) => recheckRequest(anOpenRequest({ visitor, request: { webSocket: true } }), session, found, now);

describe('recheckRequest', () => {
  it('allows the visitor to whom the run was opened', () => {
    expect(recheck(RUNNING)).toBe('allowed');
    expect(recheck(RUNNING, true, T0, { kind: 'open' })).toBe('allowed');
  });

  it('ends it with the session', () => {
    expect(recheck(RUNNING, false)).toBe('signed_out');
    expect(recheck(RUNNING, true, VISITOR.expiresAt)).toBe('signed_out');
    expect(recheck('unreadable', false)).toBe('signed_out');
    expect(recheck(RUNNING, true, T0, { kind: 'none' })).toBe('signed_out');
  });

  it('ends it with the right', () => {
    expect(recheck(undefined)).toBe('no_right');
    expect(recheck({ ...RUNNING, userId: 'bob' })).toBe('no_right');
    expect(recheck({ ...RUNNING, userId: 'bob' }, true, T0, { ...VISITOR, admin: true })).toBe('allowed');
  });

  it('ends it with the run', () => {
    for (const found of [stopping(), stopped(), starting()]) expect(recheck(found)).toBe('not_running');
    const { endpoint = '' } = RUNNING.run;
    const restarted = acceptedRun({ runId: '0'.repeat(16), endpoint });
    expect(recheck(running({ run: restarted }))).toBe('not_running');
    const moved = acceptedRun({ endpoint: 'http://10.0.0.8:20000/' });
    expect(recheck(running({ run: moved }))).toBe('not_running');
  });

  it('is in doubt while something cannot be read, and only then', () => {
    expect(recheck('unreadable')).toBe('doubt');
    expect(recheck(RUNNING, 'unreadable')).toBe('doubt');
    expect(recheck(running({ workbenchId: idAt(T0, 9) }))).toBe('doubt');
    expect(recheck(stopped(), 'unreadable')).toBe('not_running');
    expect(recheck(undefined, 'unreadable')).toBe('no_right');
  });
});
