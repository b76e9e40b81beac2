import { describe, expect, test } from 'vitest';
import type { Workbench } from '#clients/typescript/src/workbench.ts';
import {
  actionsOf,
  describeCost,
  explainStatus,
  needsStopHelp,
  toneOf,
  usualStartMs,
  waitsSince,
} from '#console/src/workbench-state.ts';

const base: Workbench = {
  user_id: 'ada',
  workbench_id: '01k5w3p8xg7t2mzq4v9r6ehbnc',
  workbench_name: 'First',
  status: 'running',
  desired_status: 'running',
  public_endpoint: 'http://127.0.0.1:1/project/01k5w3p8xg7t2mzq4v9r6ehbnc',
  requested_cpu: 1024,
  requested_memory: 2048,
  requested_gpu: 0,
  on_interruption: 'stop',
  created_at: '2030-01-01T09:00:00.000Z',
  updated_at: '2030-01-01T09:00:02.000Z',
};
const stopped: Workbench = { ...base, status: 'stopped', desired_status: 'stopped' };
const starting: Workbench = { ...base, status: 'starting', started_at: '2030-01-01T09:00:01.000Z' };

describe('the actions of a workbench', () => {
  test('begin with what most people want next', () => {
    expect(actionsOf(base)[0]).toBe('open');
    expect(actionsOf(starting)[0]).toBe('open');
    expect(actionsOf(stopped)[0]).toBe('start');
  });

  test('are those that its status allows', () => {
    expect(actionsOf(base)).toEqual(['open', 'stop', 'restart', 'logs', 'change', 'share', 'delete']);
    expect(actionsOf(starting)).not.toContain('restart');
    expect(actionsOf(stopped)).not.toContain('stop');
    expect(actionsOf({ ...base, status: 'deleting', desired_status: 'deleted' })).toEqual([]);
  });

  test('include an extension only if it would be stopped for idleness, or is stopped by its schedule next', () => {
    expect(actionsOf({ ...base, stops_because: 'schedule' })).toContain('extend');
    expect(actionsOf({ ...base, stops_because: 'max_life' })).not.toContain('extend');
    expect(actionsOf({ ...base, idle_stop_minutes: 30 })).toContain('extend');
    expect(actionsOf({ ...base, idle_stop_minutes: null })).not.toContain('extend');
    expect(actionsOf({ ...stopped, idle_stop_minutes: 30 })).not.toContain('extend');
    expect(actionsOf({ ...base, idle_stop_minutes: 30, role: 'use' })).not.toContain('extend');
  });

  test('are those that the table of rights gives to the role', () => {
    expect(actionsOf({ ...base, role: 'use' })).toEqual(['open']);
    expect(actionsOf({ ...base, role: 'manage' })).toEqual(['open', 'stop', 'restart', 'logs']);
    expect(actionsOf({ ...base, role: 'administrator' })).toEqual(actionsOf(base));
  });
});

describe('the cost', () => {
  test('is that of this month, with the price of an hour if it is known', () => {
    const cost = { month_to_date: 12.345, currency: 'USD', basis: 'list prices' } as const;
    expect(describeCost(base)).toBeUndefined();
    expect(describeCost({ ...base, cost })).toBe('$12.35');
    expect(describeCost({ ...base, cost: { ...cost, per_hour_running: 0.0512 } })).toBe(
      '$12.35, $0.051 an hour while it runs',
    );
    const files = { bytes: 2.5 * 2 ** 30, measured_at: '2030-01-01T00:00:00.000Z', per_month: 0.9 };
    expect(describeCost({ ...base, cost: { ...cost, files } })).toBe(
      '$12.35, 2.5 GiB of files for $0.900 a month',
    );
  });
});

describe('the status', () => {
  test('is explained by the reason of the API, by its detail, or by what it usually waits for', () => {
    const reason = { code: 'out_of_memory', message: 'It used too much memory.' } as const;
    expect(explainStatus({ ...stopped, status_reason: reason })).toBe(reason.message);
    expect(explainStatus({ ...starting, status_detail: 'capacity' })).toBe('It waits for free capacity.');
    expect(explainStatus({ ...starting, status_detail: 'nothing listens' })).toBe('nothing listens');
    expect(explainStatus(starting)).toBe('The start was accepted.');
    expect(explainStatus(base)).toBeUndefined();
  });

  test('is a problem only if a stop has a reason', () => {
    expect(toneOf(stopped)).toBe('idle');
    expect(toneOf({ ...stopped, status_reason: { code: 'exited', message: '' } })).toBe('problem');
    expect([toneOf(base), toneOf(starting)]).toEqual(['good', 'busy']);
  });

  test('comes with an explanation of stops if it was stopped as planned, or will be', () => {
    const because = (code: string) =>
      ({ status_reason: { code, message: 'Because.' } }) as Partial<Workbench>;
    expect(needsStopHelp({ ...stopped, ...because('idle') })).toBe(true);
    expect(needsStopHelp({ ...base, stops_because: 'schedule' })).toBe(true);
    expect(needsStopHelp({ ...base, ...because('idle') })).toBe(false);
    expect(needsStopHelp({ ...stopped, ...because('out_of_memory') })).toBe(false);
    expect(needsStopHelp(stopped)).toBe(false);
  });

  test('of a start names the usual time of such starts', () => {
    const times = [
      { kind: 'first', count: 9, p50_seconds: 90, p95_seconds: 200 },
      { kind: 'later', count: 9, p50_seconds: 8, p95_seconds: 20 },
      { kind: 'first', instance_type: 'm6i.large', count: 1, p50_seconds: 240, p95_seconds: 240 },
    ] as const;
    expect(usualStartMs(starting, times)).toBe(90_000);
    expect(usualStartMs({ ...starting, ready_at: base.created_at }, times)).toBe(8_000);
    expect(usualStartMs({ ...starting, allocated_instance_type: 'm6i.large' }, times)).toBe(240_000);
    expect(usualStartMs({ ...starting, allocated_instance_type: 'other' }, times)).toBeUndefined();
    expect(usualStartMs(base, times)).toBeUndefined();
  });

  test('of a start has lasted since the request, that of a stop since the last change', () => {
    expect(waitsSince(starting)).toBe(Date.parse('2030-01-01T09:00:01.000Z'));
    expect(waitsSince({ ...base, status: 'stopping' })).toBe(Date.parse(base.updated_at));
    expect(waitsSince(base)).toBeUndefined();
  });
});
