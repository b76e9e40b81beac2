import { describe, expect, it } from 'vitest';
import { WorkbenchError } from '#core/errors.ts';
import type { Request } from '#core/workbench/lifecycle/inputs.ts';
import { DEFAULT_POLICY } from '#core/workbench/lifecycle/policy.ts';
import { lifecycle } from '#core/workbench/lifecycle/step.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import {
  acceptedRun,
  aHost,
  deleting,
  issuedRun,
  pending,
  provisioning,
  running,
  starting,
  stopped,
  stopping,
  T0,
} from '#test/builders/workbench.ts';

const step = lifecycle(DEFAULT_POLICY);
const next = { runId: 'next-run', requestedAt: T0 };

const STATES: Readonly<Record<string, Workbench>> = {
  stopped: stopped(),
  preparing: starting(),
  issued: starting({ run: issuedRun() }),
  provisioning: provisioning(),
  pending: pending(),
  running: running(),
  stopping: stopping(),
  'stopping, to start again': stopping({ desired: 'running', nextRun: next }),
  deleting: deleting(),
};

const REQUESTS: Readonly<Record<string, Request>> = {
  start: { type: 'start', runId: 'new-run', by: 'ada' },
  stop: { type: 'stop', by: 'ada' },
  restart: { type: 'restart', observedRunId: acceptedRun().runId, runId: 'new-run', by: 'ada' },
  delete: { type: 'delete', by: 'ada' },
  rename: { type: 'update', changes: { name: 'Other' }, by: 'ada' },
  resize: { type: 'update', changes: { cpuUnits: 4096 }, by: 'ada' },
  offer: { type: 'offer', to: 'grace', by: 'ada' },
  'withdraw the offer': { type: 'withdraw_offer', by: 'ada' },
  move: { type: 'move', to: 'grace', accepted: false, by: 'admin' },
  restore: { type: 'restore', by: 'ada' },
};

/** What each request does in each status: status/desired, `same` if nothing changes, or the error code. */
const OUTCOMES: Readonly<Record<string, readonly string[]>> = {
  // start, stop, restart, delete, rename, resize, offer, withdraw the offer, move, restore
  stopped: [
    'starting/running',
    'same',
    'starting/running',
    'deleting/deleted',
    'stopped/stopped',
    'stopped/stopped',
    'stopped/stopped',
    'same',
    'stopped/stopped',
    'not_deleted',
  ],
  preparing: [
    'same',
    'stopped/stopped',
    'same',
    'deleting/deleted',
    'starting/running',
    'not_stopped',
    'starting/running',
    'same',
    'not_stopped',
    'not_deleted',
  ],
  issued: [
    'same',
    'stopping/stopped',
    'same',
    'deleting/deleted',
    'starting/running',
    'not_stopped',
    'starting/running',
    'same',
    'not_stopped',
    'not_deleted',
  ],
  provisioning: [
    'same',
    'stopping/stopped',
    'same',
    'deleting/deleted',
    'provisioning/running',
    'not_stopped',
    'provisioning/running',
    'same',
    'not_stopped',
    'not_deleted',
  ],
  pending: [
    'same',
    'stopping/stopped',
    'same',
    'deleting/deleted',
    'pending/running',
    'not_stopped',
    'pending/running',
    'same',
    'not_stopped',
    'not_deleted',
  ],
  running: [
    'same',
    'stopping/stopped',
    'stopping/running',
    'deleting/deleted',
    'running/running',
    'not_stopped',
    'running/running',
    'same',
    'not_stopped',
    'not_deleted',
  ],
  stopping: [
    'stopping/running',
    'same',
    'stopping/running',
    'deleting/deleted',
    'stopping/stopped',
    'not_stopped',
    'stopping/stopped',
    'same',
    'not_stopped',
    'not_deleted',
  ],
  'stopping, to start again': [
    'same',
    'stopping/stopped',
    'same',
    'deleting/deleted',
    'stopping/running',
    'not_stopped',
    'stopping/running',
    'same',
    'not_stopped',
    'not_deleted',
  ],
  deleting: [
    'deleting',
    'same',
    'deleting',
    'same',
    'deleting',
    'deleting',
    'deleting',
    'same',
    'deleting',
    'deleting',
  ],
};

function outcomeOf(workbench: Workbench, request: Request): string {
  try {
    const { workbench: after } = step(workbench, request, T0);
    return after === workbench ? 'same' : `${after.status}/${after.desired}`;
  } catch (error) {
    if (error instanceof WorkbenchError) return error.code;
    throw error;
  }
}

describe('a request', () => {
  for (const [state, workbench] of Object.entries(STATES)) {
    Object.entries(REQUESTS).forEach(([name, request], column) => {
      const expected = OUTCOMES[state]?.[column];
      it(`to ${name} while ${state}: ${expected}`, () => {
        expect(outcomeOf(workbench, request)).toBe(expected);
      });
    });
  }

  it('is added to the history with the user and the status change', () => {
    const { workbench } = step(running(), { type: 'stop', by: 'grace' }, T0 + 5);
    expect(workbench.outbox).toEqual([
      { seq: 2, at: T0 + 5, type: 'stop_requested', by: 'grace', from: 'running', to: 'stopping' },
    ]);
    expect(workbench).toMatchObject({ historySeq: 2, revision: 2, updatedAt: T0 + 5 });
  });

  it('to restart that read another run than the current one changes nothing', () => {
    expect(outcomeOf(running(), { type: 'restart', observedRunId: 'older', runId: 'new', by: 'ada' })).toBe(
      'same',
    );
    expect(outcomeOf(running(), { type: 'restart', observedRunId: undefined, runId: 'new', by: 'ada' })).toBe(
      'same',
    );
  });

  it('to change name and size of a running workbench changes neither', () => {
    const both = { type: 'update', changes: { name: 'Other', memoryMib: 1 }, by: 'ada' } as const;
    expect(outcomeOf(running(), both)).toBe('not_stopped');
  });

  it('to change nothing, or to the same values, changes nothing', () => {
    const { name } = running();
    const { cpuUnits, memoryMib, gpuCount } = running().spec;
    const changes = { name, cpuUnits, memoryMib, gpuCount };
    expect(outcomeOf(running(), { type: 'update', changes, by: 'ada' })).toBe('same');
    expect(outcomeOf(running(), { type: 'update', changes: {}, by: 'ada' })).toBe('same');
    const labelled = running({ labels: { team: 'a' } });
    expect(outcomeOf(labelled, { type: 'update', changes: { labels: { team: 'a' } }, by: 'ada' })).toBe(
      'same',
    );
    expect(outcomeOf(running(), { type: 'update', changes: { labels: {} }, by: 'ada' })).toBe('same');
  });

  it('to change labels replaces all of them while the workbench runs', () => {
    const before = running({ labels: { team: 'a', stage: 'x' } });
    const withLabels = (labels: Record<string, string>) =>
      step(before, { type: 'update', changes: { labels }, by: 'ada' }, T0).workbench;
    expect(withLabels({ team: 'b' }).labels).toEqual({ team: 'b' });
    expect(withLabels({})).not.toHaveProperty('labels');
  });

  it.each([{ cpuUnits: 1 }, { memoryMib: 1 }, { gpuCount: 1 }])(
    'to change the size to %j succeeds for a stopped workbench and is refused otherwise',
    (changes) => {
      const { name, spec } = stopped();
      const update = { type: 'update', changes, by: 'ada' } as const;
      expect(step(stopped(), update, T0).workbench).toMatchObject({ name, spec: { ...spec, ...changes } });
      expect(() => step(running(), update, T0)).toThrow(
        'The size of a workbench can be changed only while it is stopped. Stop it first.',
      );
    },
  );

  it('for a workbench that is being deleted is refused with a message', () => {
    expect(() => step(deleting(), { type: 'start', runId: 'new-run', by: 'ada' }, T0)).toThrow(
      'The workbench is being deleted.',
    );
  });

  it('to start again keeps the host and removes the status reason', () => {
    const host = aHost({ state: 'stopped', agentConnected: false });
    const before = stopped({
      host,
      spec: { cpuUnits: 1, memoryMib: 1, gpuCount: 0, dedicatedInstanceType: 'm7i.large' },
      reason: { code: 'exited', message: 'Exit code 1.' },
      stoppedAt: T0,
    });
    const { workbench } = step(before, { type: 'start', runId: 'new-run', by: 'ada' }, T0);
    expect(workbench.host).toEqual(host);
    expect(workbench).not.toHaveProperty('reason');
    expect(workbench).not.toHaveProperty('stoppedAt');
  });

  it('to delete a stopped workbench terminates its host before it deletes the volume', () => {
    const before = stopped({ host: aHost({ state: 'stopped', agentConnected: false }) });
    const { workbench, effects } = step(before, { type: 'delete', by: 'ada' }, T0);
    expect(workbench.status).toBe('deleting');
    expect(effects.map(({ type }) => type)).toEqual(['terminate_host']);
  });
});
