import { describe, expect, it } from 'vitest';
import { Kernel } from '../kernel.ts';
import { Tape } from '../tape.ts';
import { Account } from './account.ts';
import { HazardDraws, type Hazards } from './hazards.ts';

/** An account with one episode, which begins after 60 seconds. */
function createAccount(hazards: Partial<Hazards>, ...rest: readonly number[]) {
  const kernel = new Kernel();
  const draws = new HazardDraws(new Tape([0, 60, ...rest]), hazards);
  const account = new Account(kernel, draws);
  const advance = (seconds: number) => kernel.step(kernel.now() + seconds * 1000);
  return { account, draws, advance };
}

describe('the permissions of the account', () => {
  it.each([
    ['RunTask', 0, 'AccessDeniedException'],
    ['RunInstances', 6, 'UnauthorizedOperation'],
    ['DescribeContainerInstances', 5, 'AccessDeniedException'],
    ['CreateAccessPoint', 11, 'AccessDeniedException'],
    ['Invoke', 14, 'AccessDeniedException'],
  ])('may deny %s for a while, and no other call', async (call, index, name) => {
    const { account, advance } = createAccount({ accessDenied: 1 }, 0, index);
    const isDenied = expect.objectContaining({ name });
    account.authorize(call);
    await advance(60);
    expect(() => account.authorize(call)).toThrow(isDenied);
    account.authorize('ListTasks');
    await advance(20);
    account.authorize(call);
  });

  it('deny nothing once the hazards are disabled', async () => {
    const { account, draws, advance } = createAccount({ accessDenied: 1 });
    await advance(60);
    expect(() => account.authorize('RunTask')).toThrow();
    draws.disableHazards();
    account.authorize('RunTask');
  });
});

describe('the concurrent executions of the account', () => {
  it('may be used up for a while', async () => {
    const { account, advance } = createAccount({ accessDenied: 0, functionsLimited: 1 });
    expect(account.canInvoke()).toBe(true);
    await advance(60);
    expect(account.canInvoke()).toBe(false);
    await advance(5);
    expect(account.canInvoke()).toBe(true);
  });
});
