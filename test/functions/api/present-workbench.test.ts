import { describe, expect, it } from 'vitest';
import { itemSchema } from '#contract/response-bodies.ts';
import type { Workbench } from '#core/workbench/workbench.ts';
import { presentWorkbench, retryAfterHeaders } from '#functions/api/present-workbench.ts';
import { acceptedRun, running, starting, T0 } from '#test/builders/workbench.ts';

const settings = { BASE_URL: 'https://wb.example.com/ide' };

const stopped: Workbench = {
  schemaVersion: 1,
  userId: 'ada',
  workbenchId: '01k5w3p8xg7t2mzq4v9r6ehbnc',
  name: 'One',
  spec: { cpuUnits: 1024, memoryMib: 2048, gpuCount: 1, dedicatedInstanceType: 'g5.xlarge' },
  host: {
    instanceType: 'g5.xlarge',
    generation: 1,
    state: 'stopped',
    instanceId: 'i-0123',
    agentConnected: false,
  },
  unexpectedTasks: [],
  createdAt: 0,
  startedAt: 1,
  readyAt: 2,
  stoppedAt: 3,
  updatedAt: 4,
  revision: 9,
  failures: 0,
  historySeq: 5,
  outbox: [],
  idempotencyKey: 'key-1',
  status: 'stopped',
  desired: 'stopped',
  reason: { code: 'exited', message: 'Its main process ended.' },
};

describe('presentWorkbench', () => {
  it('has a warning as its detail only if it runs and has no detail of its own', () => {
    const present = (workbench: Workbench) =>
      presentWorkbench(workbench, settings, { warning: () => 'disk_almost_full' }).status_detail;
    expect(present(running())).toBe('disk_almost_full');
    expect(present(stopped)).toBeUndefined();
    expect(present(starting())).toBe('volume');
    const interruption = { kind: 'spot', noticedAt: T0, stopAt: T0 } as const;
    expect(present(running({ run: acceptedRun({ interruption }) }))).toBe('spot_interruption');
    expect(presentWorkbench(running(), settings, { warning: () => undefined })).not.toHaveProperty(
      'status_detail',
    );
  });

  it('has the warning of the time of the call, also for a frozen record', () => {
    const frozen = Object.freeze(running());
    const present = (warning?: string) => presentWorkbench(frozen, settings, { warning: () => warning });
    expect(present().status_detail).toBeUndefined();
    expect(present('disk_almost_full').status_detail).toBe('disk_almost_full');
    expect(present().status_detail).toBeUndefined();
  });

  it('returns the same item for the same frozen record', () => {
    const frozen = Object.freeze({ ...stopped });
    const item = presentWorkbench(frozen, settings);
    expect(item).toEqual(presentWorkbench(stopped, settings));
    expect(presentWorkbench(frozen, settings)).toBe(item);
    expect(Object.isFrozen(item)).toBe(true);
  });

  it('returns another item for a frozen record at another address', () => {
    const frozen = Object.freeze({ ...stopped });
    presentWorkbench(frozen, settings);
    const moved = presentWorkbench(frozen, { BASE_URL: 'https://moved.example.com' });
    expect(moved.public_endpoint).toMatch(/^https:\/\/moved\.example\.com\//);
  });

  it('returns what a record contains that has changed since the last call', () => {
    const record = { ...stopped };
    presentWorkbench(record, settings);
    Object.assign(record, { name: 'Two' });
    expect(presentWorkbench(record, settings).workbench_name).toBe('Two');
  });

  it('returns no field that a newer version wrote', () => {
    const reason = { code: 'other', message: 'Evicted.', unrecognized: { code: 'evicted' } } as const;
    const item = presentWorkbench({ ...stopped, colours: {}, reason } as Workbench, settings);
    expect(item).toEqual({
      ...presentWorkbench(stopped, settings),
      status_reason: { code: 'other', message: 'Evicted.' },
    });
  });

  it('returns every field of the contract that applies, and no other field of the record', () => {
    const item = presentWorkbench(stopped, settings);
    expect(item).toEqual({
      user_id: 'ada',
      workbench_id: '01k5w3p8xg7t2mzq4v9r6ehbnc',
      workbench_name: 'One',
      status: 'stopped',
      desired_status: 'stopped',
      status_reason: { code: 'exited', message: 'Its main process ended.' },
      public_endpoint: 'https://wb.example.com/ide/project/01k5w3p8xg7t2mzq4v9r6ehbnc',
      requested_cpu: 1024,
      requested_memory: 2048,
      requested_gpu: 1,
      on_interruption: 'stop',
      allocated_instance_type: 'g5.xlarge',
      allocated_instance_id: 'i-0123',
      created_at: '1970-01-01T00:00:00.000Z',
      started_at: '1970-01-01T00:00:00.001Z',
      ready_at: '1970-01-01T00:00:00.002Z',
      stopped_at: '1970-01-01T00:00:00.003Z',
      updated_at: '1970-01-01T00:00:00.004Z',
    });
    expect(itemSchema.parse(item)).toEqual(item);
  });

  it('returns the labels', () => {
    expect(presentWorkbench({ ...stopped, labels: { team: 'a' } }, settings).labels).toEqual({ team: 'a' });
  });

  it('returns what follows an interruption; a value that only a newer version knows means a stop', () => {
    const itemWith = (onInterruption: 'stop' | 'restart' | 'unknown') =>
      presentWorkbench({ ...stopped, spec: { ...stopped.spec, onInterruption } }, settings).on_interruption;
    expect([itemWith('stop'), itemWith('restart'), itemWith('unknown')]).toEqual(['stop', 'restart', 'stop']);
  });

  it('leaves out fields that do not apply, and returns no nulls', () => {
    const { host: _host, startedAt: _s, readyAt: _r, stoppedAt: _e, reason: _reason, ...rest } = stopped;
    const { dedicatedInstanceType: _type, ...spec } = stopped.spec;
    const item = presentWorkbench({ ...rest, spec } as Workbench, settings);
    expect(Object.keys(item)).toHaveLength(12);
    expect(Object.values(item)).not.toContain(undefined);
    expect(Object.values(item)).not.toContain(null);
  });

  it('returns Retry-After only while the workbench is in transition', () => {
    const statuses = ['starting', 'provisioning', 'pending', 'stopping', 'deleting'] as const;
    for (const status of statuses) {
      expect(retryAfterHeaders({ ...stopped, status } as Workbench)['retry-after'], status).toMatch(/^[25]$/);
    }
    expect(retryAfterHeaders(stopped)).toEqual({});
    expect(retryAfterHeaders({ ...stopped, status: 'running' } as unknown as Workbench)).toEqual({});
  });
});
