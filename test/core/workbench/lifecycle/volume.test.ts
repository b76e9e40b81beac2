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

describe('a volume that is ready', () => {
  const ready = { type: 'volume_ready', mount: { path: '/new' } } as const;

  it('lets a start continue at once', () => {
    expect(applyResult(starting({ failures: 2 }), ready)).toMatchObject({
      mount: { path: '/new' },
      nextDriveAt: T0,
      failures: 0,
    });
  });

  it('is stored too if the start was cancelled since', () => {
    expect(applyResult(stopped(), ready)).toMatchObject({ mount: { path: '/new' } });
  });

  it('keeps its first mount', () => {
    expect(applyResult(starting({ mount: { path: '/old' } }), ready).mount).toEqual({ path: '/old' });
  });

  it('is ignored while the workbench is being deleted', () => {
    const { mount: _none, ...unmounted } = deleting();
    expect(applyResult(unmounted, ready)).not.toHaveProperty('mount');
  });
});

describe('a tombstoned volume', () => {
  const tombstoned = { type: 'volume_tombstoned' } as const;

  it('deletes its record, which was written after the deletion', () => {
    const { workbench, effects } = step(
      starting(),
      { type: 'outcomes', revision: 1, outcomes: [tombstoned] },
      T0,
    );
    expect(workbench).toMatchObject({ status: 'deleting', desired: 'deleted' });
    expect(effects).toEqual([{ type: 'delete_volume' }]);
  });

  it('is ignored while the workbench is being deleted', () => {
    const before = deleting({ deadlineAt: T0 + MINUTE });
    expect(applyResult(before, tombstoned)).toMatchObject({
      status: 'deleting',
      deadlineAt: before.deadlineAt,
    });
  });
});

describe('a start after a failed start', () => {
  const mount = { path: '/v' };
  const start = { type: 'start', runId: 'new-run', by: 'ada' } as const;

  it('ensures the volume again if the reason was storage_failed', () => {
    const { workbench, effects } = step(stopped({ mount, reason: STORAGE }), start, T0);
    expect(workbench).not.toHaveProperty('mount');
    expect(effects).toEqual([{ type: 'ensure_volume' }]);
  });

  it('does not ensure it again for another reason, or for none', () => {
    for (const fields of [{ reason: { code: 'exited', message: 'Exit code 1.' } as const }, {}])
      expect(step(stopped({ mount, ...fields }), start, T0).workbench.mount).toEqual(mount);
  });
});

describe('a refused volume', () => {
  const refused = { type: 'volume_refused', reason: STORAGE } as const;

  it('that is retryable is retried later, and its reason is stored', () => {
    expect(applyResult(starting({ failures: 2 }), { ...refused, retryable: true })).toMatchObject({
      status: 'starting',
      refusal: STORAGE,
      failures: 0,
      nextDriveAt: T0 + POLICY.startRetryMs,
    });
  });

  it('that is permanent ends the start with its reason', () => {
    expect(applyResult(starting(), { ...refused, retryable: false })).toMatchObject({
      status: 'stopped',
      reason: STORAGE,
    });
  });

  it('is ignored if no start is in progress', () => {
    for (const workbench of [running(), stopping(), stopped(), deleting()])
      expect(applyResult(workbench, { ...refused, retryable: false })).toMatchObject({
        status: workbench.status,
      });
    expect(applyResult(running(), { ...refused, retryable: true })).not.toHaveProperty('refusal');
  });
});

describe('a volume whose mount has failed', () => {
  const mount = { path: '/old' };

  it('is ensured again by the next start', () => {
    const after = step(stopped({ mount, reason: STORAGE }), { type: 'start', runId: 'run-2', by: 'ada' }, T0);
    expect(after.workbench).not.toHaveProperty('mount');
    expect(after.effects).toEqual([{ type: 'ensure_volume' }]);
  });

  it('is not ensured again after any other end of a run', () => {
    const reason = { code: 'out_of_memory', message: 'Out of memory.' } as const;
    const after = step(stopped({ mount, reason }), { type: 'start', runId: 'run-2', by: 'ada' }, T0);
    expect(after.workbench.mount).toEqual(mount);
  });
});

describe('the deletion of a volume', () => {
  it('continues while something is left of it', () => {
    const after = applyResult(deleting({ nextDriveAt: T0 + MINUTE, failures: 2 }), {
      type: 'volume_deletion_unfinished',
    });
    expect(after).toMatchObject({ nextDriveAt: T0, failures: 0 });
    expect(after).not.toHaveProperty('volumeDeleted');
  });

  it('leaves only the record once its root is deleted', () => {
    const { workbench, effects } = step(
      deleting({ run: undefined }),
      { type: 'outcomes', revision: 1, outcomes: [{ type: 'volume_deleted' }] },
      T0,
    );
    expect(workbench).toMatchObject({ volumeDeleted: true, nextDriveAt: T0 });
    expect(effects).toEqual([{ type: 'delete_record' }]);
  });

  it('is ignored if the workbench is not being deleted', () => {
    for (const workbench of [running(), starting(), stopped()])
      expect(applyResult(workbench, { type: 'volume_deleted' })).not.toHaveProperty('volumeDeleted');
    expect(applyResult(stopped(), { type: 'volume_deletion_unfinished' })).not.toHaveProperty('nextDriveAt');
  });
});
