import { describe, expect, it } from 'vitest';
import { WorkbenchError } from '#core/errors.ts';
import type { Request } from '#core/workbench/lifecycle/inputs.ts';
import { OFFER_VALID_MS, offeredTo } from '#core/workbench/lifecycle/owner.ts';
import { DEFAULT_POLICY } from '#core/workbench/lifecycle/policy.ts';
import { lifecycle } from '#core/workbench/lifecycle/step.ts';
import { isSettled, keyOf, type Workbench } from '#core/workbench/workbench.ts';
import { aHost, running, starting, stopped, T0 } from '#test/builders/workbench.ts';

const step = lifecycle(DEFAULT_POLICY);
const apply = (workbench: Workbench, request: Request, now = T0) => step(workbench, request, now).workbench;
const offer = (to: string): Request => ({ type: 'offer', to, by: 'ada' });
const move = (to: string, accepted: boolean): Request => ({ type: 'move', to, accepted, by: to });

function errorOf(act: () => unknown): WorkbenchError {
  try {
    act();
  } catch (error) {
    if (error instanceof WorkbenchError) return error;
  }
  throw new Error('it did not throw');
}

describe('an offer', () => {
  it('is in the record for seven days, in every status', () => {
    const offered = apply(running(), offer('grace'));
    expect(offered).toMatchObject({ userId: 'ada', offer: { to: 'grace', expiresAt: T0 + 7 * 86_400_000 } });
    expect(offeredTo(offered, T0 + OFFER_VALID_MS - 1)).toBe('grace');
    expect(offeredTo(offered, T0 + OFFER_VALID_MS)).toBeUndefined();
  });

  it('replaces an earlier one', () => {
    const offered = apply(apply(stopped(), offer('grace')), offer('mary'));
    expect(offeredTo(offered, T0)).toBe('mary');
    expect(errorOf(() => apply(offered, move('grace', true))).code).toBe('workbench_not_found');
  });

  it('survives a start and a stop', () => {
    const started = apply(apply(stopped(), offer('grace')), { type: 'start', runId: 'r', by: 'ada' });
    expect(started.status).toBe('starting');
    const again = apply(started, { type: 'stop', by: 'ada' });
    expect(again.status).toBe('stopped');
    expect(keyOf(apply(again, move('grace', true))).userId).toBe('grace');
  });

  it('can be withdrawn by the owner, and declined by the user to whom it is made only', () => {
    const offered = apply(stopped(), offer('grace'));
    const withdraw = (to?: string) =>
      apply(offered, { type: 'withdraw_offer', ...(to === undefined ? {} : { to }), by: to ?? 'ada' });
    for (const ended of [withdraw(), withdraw('grace')]) {
      expect(ended.offer).toBeUndefined();
      expect(errorOf(() => apply(ended, move('grace', true))).code).toBe('workbench_not_found');
    }
    expect(errorOf(() => withdraw('eve')).code).toBe('workbench_not_found');
  });
});

describe('a move', () => {
  const offered = apply(stopped({ idempotencyKey: 'key' }), offer('grace'));

  it('changes the owner and drops the offer and the idempotency key of the earlier owner', () => {
    const moved = apply(offered, move('grace', true), T0 + 5);
    expect(moved).toMatchObject({ userId: 'grace', status: 'stopped', revision: offered.revision + 1 });
    expect(moved).not.toHaveProperty('offer');
    expect(moved).not.toHaveProperty('idempotencyKey');
    expect(moved.outbox.at(-1)).toMatchObject({ type: 'owner_changed', by: 'grace', at: T0 + 5 });
  });

  it('needs an offer to the user who accepts, unless the caller may do without', () => {
    expect(errorOf(() => apply(offered, move('eve', true))).code).toBe('workbench_not_found');
    expect(errorOf(() => apply(stopped(), move('eve', true))).code).toBe('workbench_not_found');
    expect(apply(stopped(), move('eve', false)).userId).toBe('eve');
  });

  it('is refused once the offer has expired', () => {
    const late = T0 + OFFER_VALID_MS;
    expect(errorOf(() => apply(offered, move('grace', true), late)).code).toBe('workbench_not_found');
    expect(apply(offered, move('grace', true), late - 1).userId).toBe('grace');
  });

  it.each([
    ['starts', starting()],
    ['runs', running()],
  ])('is refused while the workbench %s', (_, workbench) => {
    const error = errorOf(() => apply(workbench, move('grace', false)));
    expect([error.code, error.reason]).toEqual(['not_stopped', undefined]);
  });

  it('is refused while a task or the host of a stopped workbench has not ended', () => {
    for (const workbench of [
      stopped({ unexpectedTasks: [{ taskId: 'late' }] }),
      stopped({ host: aHost({ state: 'running' }) }),
      stopped({ host: aHost({ state: 'stopped', replacing: true }) }),
    ]) {
      const error = errorOf(() => apply(workbench, move('grace', false)));
      expect([error.code, error.reason]).toEqual(['not_stopped', 'not_settled']);
    }
  });

  it('terminates a stopped host, so that the next owner gets another instance', () => {
    const host = aHost({ state: 'stopped', generation: 3 });
    const { workbench, effects } = step(stopped({ host, mount: { path: '/w' } }), move('grace', false), T0);
    expect(effects).toEqual([{ type: 'terminate_host', instanceId: host.instanceId }]);
    expect(isSettled(workbench)).toBe(false);
    const started = apply(workbench, { type: 'start', runId: 'r', by: 'grace' });
    expect(step(started, { type: 'tick' }, T0).effects).toContainEqual(effects[0]);
    const observation = {
      instanceId: host.instanceId ?? '',
      state: 'terminated',
      agentConnected: false,
    } as const;
    const ended = step(workbench, { type: 'host_observed', host: observation }, T0 + 1).workbench;
    expect(ended).toMatchObject({ userId: 'grace', lastHostGeneration: 3 });
    expect(ended).not.toHaveProperty('host');
    expect(isSettled(ended)).toBe(true);
  });
});
