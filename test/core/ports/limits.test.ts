import { expect, it } from 'vitest';
import { REPORTS_KEPT_MS } from '#core/ports/report-store.ts';
import { ROOM_KEPT_MS } from '#core/ports/free-capacity-store.ts';
import { IDEMPOTENCY_KEPT_MS } from '#core/ports/workbench-store.ts';

const HOUR = 60 * 60_000;

it.each([
  ['an Idempotency-Key is honoured for 24 hours', IDEMPOTENCY_KEPT_MS, 24 * HOUR],
  ['a report is kept for 7 days', REPORTS_KEPT_MS, 7 * 24 * HOUR],
  ['the word of a machine counts for 2 hours', ROOM_KEPT_MS, 2 * HOUR],
])('%s', (_, ms, as) => {
  expect(ms).toBe(as);
});
