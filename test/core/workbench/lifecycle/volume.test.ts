import { describe, expect, it } from 'vitest';
import type { EffectResult } from '#core/workbench/lifecycle/inputs.ts';
import { DEFAULT_POLICY as POLICY } from '#core/workbench/lifecycle/policy.ts';
import { lifecycle } from '#core/workbench/lifecycle/step.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { deleting, running, starting, stopped, stopping, T0 } from '#test/builders/workbench.ts';

const step = lifecycle(POLICY);
const MINUTE = 60_000;
const STORAGE = { code: 'storage_failed', message: 'Disk full.' } as const;

function applyResult(workbench: Workbench, outcome: EffectResult): Workbench {
  const { revision } = workbench;
  return step(workbench, { type: 'outcomes', revision, outcomes: [outcome] }, T0).workbench;
}

describe('a volume that is there', () => {
  const ready = { type: 'volume_ready', mount: { path: '/new' } } as const;

  it('lets a start go on at once', () => {
    expect(applyResult(starting({ failures: 2 }), ready)).toMatchObject({
      mount: { path: '/new' },
      nextDriveAt: T0,
      failures: 0,
    });
  });

  it('is noted too when the start has been taken back meanwhile', () => {
    expect(applyResult(stopped(), ready)).toMatchObject({ mount: { path: '/new' } });
  });

  it('keeps the mount by which it was first known', () => {
    expect(applyResult(starting({ mount: { path: '/old' } }), ready).mount).toEqual({ path: '/old' });
  });

  it('is no news of what is being destroyed', () => {
    const { mount: _none, ...unmounted } = deleting();
    expect(applyResult(unmounted, ready)).not.toHaveProperty('mount');
  });
});

describe('a volume that was wiped before', () => {
  const destroyed = { type: 'volume_tombstoned' } as const;

  it('makes its record go where the first went: it came back after the destroy', () => {
    const { workbench, effects } = step(
      starting(),
      { type: 'outcomes', revision: 1, outcomes: [destroyed] },
      T0,
    );
    expect(workbench).toMatchObject({ status: 'deleting', desired: 'deleted' });
    expect(effects).toEqual([{ type: 'delete_volume' }]);
  });

  it('is no news of what is being destroyed', () => {
    const before = deleting({ deadlineAt: T0 + MINUTE });
    expect(applyResult(before, destroyed)).toMatchObject({
      status: 'deleting',
      deadlineAt: before.deadlineAt,
    });
  });
});

describe('a start after one that failed for its storage', () => {
  const mount = { path: '/v' };
  const start = { type: 'start', runId: 'new-run', by: 'ada' } as const;

  it('makes sure of the volume once more', () => {
    const { workbench, effects } = step(stopped({ mount, reason: STORAGE }), start, T0);
    expect(workbench).not.toHaveProperty('mount');
    expect(effects).toEqual([{ type: 'ensure_volume' }]);
  });

  it('does not when it failed for something else, or for nothing', () => {
    for (const fields of [{ reason: { code: 'exited', message: 'Exit code 1.' } as const }, {}])
      expect(step(stopped({ mount, ...fields }), start, T0).workbench.mount).toEqual(mount);
  });
});

describe('a volume that cannot be had', () => {
  const refused = { type: 'volume_refused', reason: STORAGE } as const;

  it('for now is asked for again later, and why is remembered', () => {
    expect(applyResult(starting({ failures: 2 }), { ...refused, retryable: true })).toMatchObject({
      status: 'starting',
      refusal: STORAGE,
      failures: 0,
      nextDriveAt: T0 + POLICY.startRetryMs,
    });
  });

  it('at all ends the start, with why', () => {
    expect(applyResult(starting(), { ...refused, retryable: false })).toMatchObject({
      status: 'stopped',
      reason: STORAGE,
    });
  });

  it('is no news where nothing starts', () => {
    for (const workbench of [running(), stopping(), stopped(), deleting()])
      expect(applyResult(workbench, { ...refused, retryable: false })).toMatchObject({
        status: workbench.status,
      });
    expect(applyResult(running(), { ...refused, retryable: true })).not.toHaveProperty('refusal');
  });
});

describe('a volume whose mount has failed', () => {
  const mount = { path: '/old' };

  it('is made sure of once more by the next start', () => {
    const after = step(stopped({ mount, reason: STORAGE }), { type: 'start', runId: 'run-2', by: 'ada' }, T0);
    expect(after.workbench).not.toHaveProperty('mount');
    expect(after.effects).toEqual([{ type: 'ensure_volume' }]);
  });

  it('is not asked for again after any other end of a run', () => {
    const reason = { code: 'out_of_memory', message: 'Out of memory.' } as const;
    const after = step(stopped({ mount, reason }), { type: 'start', runId: 'run-2', by: 'ada' }, T0);
    expect(after.workbench.mount).toEqual(mount);
  });
});

describe('a volume on its way out', () => {
  it('goes on being wiped while something is left of it', () => {
    const after = applyResult(deleting({ nextDriveAt: T0 + MINUTE, failures: 2 }), {
      type: 'volume_deletion_unfinished',
    });
    expect(after).toMatchObject({ nextDriveAt: T0, failures: 0 });
    expect(after).not.toHaveProperty('volumeDeleted');
  });

  it('leaves only the record when its root is gone', () => {
    const { workbench, effects } = step(
      deleting({ run: undefined }),
      { type: 'outcomes', revision: 1, outcomes: [{ type: 'volume_deleted' }] },
      T0,
    );
    expect(workbench).toMatchObject({ volumeDeleted: true, nextDriveAt: T0 });
    expect(effects).toEqual([{ type: 'delete_record' }]);
  });

  it('is no news of what is not being destroyed', () => {
    for (const workbench of [running(), starting(), stopped()])
      expect(applyResult(workbench, { type: 'volume_deleted' })).not.toHaveProperty('volumeDeleted');
    expect(applyResult(stopped(), { type: 'volume_deletion_unfinished' })).not.toHaveProperty('nextDriveAt');
  });
});
