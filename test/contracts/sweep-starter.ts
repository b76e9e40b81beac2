import { describe, expect, it } from 'vitest';
import type { SweepStarter } from '#core/ports/sweep-starter.ts';
import type { Sweep } from '#core/reconcile/report.ts';
import { T0 } from '#test/builders/workbench.ts';

export interface SweepStarterSubject {
  readonly starter: SweepStarter;
  /** The sweeps that have begun. */
  readonly started: () => readonly Sweep[];
  readonly dispose: () => Promise<void>;
}

/** The contract of SweepStarter. `make` returns one that has started nothing. */
export function describeSweepStarterContract(name: string, make: () => Promise<SweepStarterSubject>): void {
  describe(`${name} fulfils the contract of SweepStarter`, () => {
    const use = async (test: (subject: SweepStarterSubject) => Promise<void>) => {
      const subject = await make();
      try {
        await test(subject);
      } finally {
        await subject.dispose();
      }
    };
    const request = { sweep: 'tasks', at: T0, by: 'ada 😀' } as const;
    const next = { sweep: 'quotas', at: T0 + 1, by: 'bob' } as const;

    it('has sweeps, and no request at first', () =>
      use(async ({ starter, started }) => {
        expect(starter.available).toContain('tasks');
        expect(await starter.lastRequest()).toBeUndefined();
        expect(started()).toEqual([]);
      }));

    it('stores a request and begins its sweep', () =>
      use(async ({ starter, started }) => {
        expect(await starter.start(request, undefined)).toBe('started');
        expect(await starter.lastRequest()).toEqual(request);
        expect(started()).toEqual(['tasks']);
      }));

    it('replaces the request that was read', () =>
      use(async ({ starter, started }) => {
        await starter.start(request, undefined);
        expect(await starter.start(next, await starter.lastRequest())).toBe('started');
        expect(await starter.lastRequest()).toEqual(next);
        expect(started()).toEqual(['tasks', 'quotas']);
      }));

    it('is busy and begins nothing if another request was stored since', () =>
      use(async ({ starter, started }) => {
        await starter.start(request, undefined);
        const previous = await starter.lastRequest();
        await starter.start(next, previous);
        expect(await starter.start({ ...request, at: T0 + 2 }, previous)).toBe('busy');
        expect(await starter.start({ ...request, at: T0 + 2 }, undefined)).toBe('busy');
        expect(await starter.lastRequest()).toEqual(next);
        expect(started()).toEqual(['tasks', 'quotas']);
      }));

    it('begins one of several sweeps that are started at the same time', () =>
      use(async ({ starter, started }) => {
        const outcomes = await Promise.all(
          [0, 1, 2].map((later) => starter.start({ ...request, at: T0 + later }, undefined)),
        );
        expect(outcomes.sort()).toEqual(['busy', 'busy', 'started']);
        expect(started()).toEqual(['tasks']);
      }));
  });
}
