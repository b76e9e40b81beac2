import { expect, it } from 'vitest';
import { running, stopped } from '#test/builders/workbench.ts';
import { NO_HAZARDS } from '../world/hazards.ts';
import { WorldFixture } from '../world/world-fixture.ts';
import { BudgetChecks } from './budget-checks.ts';
import { FUNCTION_SKEW_MAX_MS } from './function-ports.ts';

const NOW = Date.UTC(2030, 0, 31, 23, 50);
const NEXT_MONTH = Date.UTC(2030, 1);
const { userId } = running();

function checksWith(micros: number): BudgetChecks {
  const checks = new BudgetChecks(new WorldFixture({ hazards: NO_HAZARDS }).world, {
    monthToDate: () => micros,
  });
  checks.setLimit(0.01);
  return checks;
}

function start(checks: BudgetChecks, readAt = NOW, now = NOW): void {
  checks.noteCall('start-workbench#1', 'quotas.read', [userId], readAt);
  checks.noteCall('start-workbench#1', 'workbenches.update', [userId], now);
  checks.checkWrite(running(), stopped(), now);
}

it('a start beyond the limit of the month violates a rule, unless a month has ended since the check', () => {
  start(checksWith(9000));
  expect(() => start(checksWith(12_000))).toThrow(
    `the workbenches of ${userId} have cost 0.012 USD in the month, and the limit is 0.01`,
  );
  start(checksWith(12_000), NEXT_MONTH - 1000, NEXT_MONTH);
});

it('a start is counted in the next month if the clock of its function may show that month', () => {
  const ahead = NEXT_MONTH - FUNCTION_SKEW_MAX_MS;
  start(checksWith(12_000), ahead, ahead);
  expect(() => start(checksWith(12_000), ahead - 1, ahead - 1)).toThrow('in the month');
});

it('a start without a read of the limits violates a rule', () => {
  const checks = checksWith(0);
  checks.noteCall('drive#1', 'workbenches.update', [userId], NOW);
  expect(() => checks.checkWrite(running(), stopped(), NOW)).toThrow('without reading the limits');
});

function refuse(checks: BudgetChecks, at: number): void {
  const error = {
    reason: 'usd_per_month',
    quota: { limit: 0.01, resets_at: new Date(NEXT_MONTH).toISOString() },
  };
  const apiCall = {
    ...{ requestId: '1', operation: 'create' as const, call: { query: `user_id=${userId}` }, sentAt: at },
    response: { status: 403, body: { error } },
  };
  checks.checkResponse(apiCall, () => undefined, at);
}

it('a refusal below the limit of the month violates a rule', () => {
  refuse(checksWith(12_000), NOW);
  expect(() => refuse(checksWith(5000), NOW)).toThrow('have cost 0.005');
});

it('a refusal counts the month before if the clock of its function may still show it', () => {
  const behind = NEXT_MONTH + FUNCTION_SKEW_MAX_MS;
  refuse(checksWith(0), behind - 1);
  expect(() => refuse(checksWith(0), behind)).toThrow('have cost 0 in the month');
});
