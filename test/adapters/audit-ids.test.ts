import { expect, it } from 'vitest';
import { auditIdOf } from '#adapters/audit-ids.ts';
import { createdAtOf } from '#core/ports/ids.ts';
import { T0 } from '#test/builders/workbench.ts';

it('returns the same id for the same parts, and another one for any other', () => {
  expect(auditIdOf(T0, 'request', 1)).toBe(auditIdOf(T0, 'request', 1));
  const ids = [
    auditIdOf(T0, 'request', 1),
    auditIdOf(T0 + 1, 'request', 1),
    auditIdOf(T0, 'request', 2),
    auditIdOf(T0, 'request', '1'),
    auditIdOf(T0, 'request1'),
    auditIdOf(T0, 'request', 1, ''),
  ];
  expect(new Set(ids).size).toBe(ids.length);
});

it('has the form of a ULID that begins with its time', () => {
  const id = auditIdOf(T0, 'request', 1);
  expect(id).toMatch(/^[0-9a-hjkmnp-tv-z]{26}$/);
  expect(createdAtOf(id)).toBe(T0);
});
