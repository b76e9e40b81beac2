import { describe, expect, it } from 'vitest';
import type { UserVisitor } from '#core/gate/visitor.ts';
import { VERIFIED_MAX_AGE_MS, VerifiedSessions } from '#gate/session/verified-sessions.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';

function setUp() {
  const clock = new ManualClock();
  const sessions = {
    calls: [] as string[],
    async parse(sealed: string, workbenchId: string | undefined): Promise<UserVisitor | undefined> {
      sessions.calls.push(`${sealed} ${workbenchId}`);
      if (sealed === 'forged') return undefined;
      if (sealed === 'no-keys') throw new Error('the keys cannot be read');
      const visitor = { kind: 'user', userId: sealed, admin: false, signedInAt: 0, expiresAt: 0 } as const;
      return workbenchId === undefined ? visitor : { ...visitor, workbenchId };
    },
  };
  return { clock, sessions, verified: new VerifiedSessions(sessions, clock) };
}

describe('VerifiedSessions', () => {
  it('verifies a cookie once in five seconds', async () => {
    const { clock, sessions, verified } = setUp();
    const first = await verified.parse('ada', undefined);
    clock.advance(VERIFIED_MAX_AGE_MS - 1);
    expect(await verified.parse('ada', undefined)).toBe(first);
    expect(sessions.calls).toHaveLength(1);
    clock.advance(1);
    expect(await verified.parse('ada', undefined)).toEqual(first);
    expect(sessions.calls).toHaveLength(2);
  });

  it('verifies the same cookie for each host of a workbench, and for the sign-in host', async () => {
    const { sessions, verified } = setUp();
    for (const id of [undefined, 'wid-1', 'wid-2']) {
      const expected = id === undefined ? {} : { workbenchId: id };
      expect(await verified.parse('ada', id)).toMatchObject({ userId: 'ada', ...expected });
    }
    expect(sessions.calls).toEqual(['ada undefined', 'ada wid-1', 'ada wid-2']);
  });

  it('remembers neither what is no session nor a failure', async () => {
    const { sessions, verified } = setUp();
    for (let attempt = 0; attempt < 2; attempt += 1) {
      expect(await verified.parse('forged', undefined)).toBeUndefined();
      await expect(verified.parse('no-keys', undefined)).rejects.toThrow('the keys cannot be read');
    }
    expect(sessions.calls).toHaveLength(4);
  });

  it('remembers at most 10,000 cookies', async () => {
    const { sessions, verified } = setUp();
    for (let index = 0; index <= 10_000; index += 1) await verified.parse(`user-${index}`, undefined);
    sessions.calls = [];
    await verified.parse('user-1', undefined);
    expect(sessions.calls).toEqual([]);
    await verified.parse('user-0', undefined);
    expect(sessions.calls).toEqual(['user-0 undefined']);
  });
});
