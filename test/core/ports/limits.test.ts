import { expect, it } from 'vitest';
import { FREE_CAPACITY_MAX_AGE_MS } from '#core/ports/free-capacity-store.ts';
import { REPORTS_RETENTION_MS } from '#core/ports/report-store.ts';
import { IDEMPOTENCY_RETENTION_MS } from '#core/ports/workbench-store.ts';

const HOUR = 60 * 60_000;

it.each([
  ['an idempotency key is kept for 24 hours', IDEMPOTENCY_RETENTION_MS, 24 * HOUR],
  ['a report is kept for 7 days', REPORTS_RETENTION_MS, 7 * 24 * HOUR],
  ['the free capacity of an instance is valid for 2 hours', FREE_CAPACITY_MAX_AGE_MS, 2 * HOUR],
])('%s', (_, ms, expected) => {
  expect(ms).toBe(expected);
});
