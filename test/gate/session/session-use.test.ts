import { expect, test } from 'vitest';
import { SessionUse } from '#gate/session/session-use.ts';
import { SIGN_IN_IDLE_MS } from '#gate/session/sessions.ts';
import { T0 } from '#test/builders/workbench.ts';
import { VISITOR } from '#test/gate/watch/an-open-request.ts';

test('sessions that have not been used for an hour are forgotten', () => {
  const use = new SessionUse();
  const { workbenchId: _, ...visitor } = VISITOR;
  const users = [1, 2, 3].map((n) => ({
    ...visitor,
    userId: `user ${n}`,
    expiresAt: T0 + 2 * SIGN_IN_IDLE_MS,
  }));
  for (const [index, user] of users.entries()) use.note(user, T0 + index);
  use.note(users[0] ?? visitor, T0 + 3);
  expect(use.size).toBe(3);
  use.note(users[2] ?? visitor, T0 + 1 + SIGN_IN_IDLE_MS);
  expect(use.size).toBe(2);
  for (const other of [VISITOR, { kind: 'open' }, { kind: 'none' }] as const) use.note(other, T0);
  expect(use.size).toBe(2);
});
