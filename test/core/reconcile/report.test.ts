import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import {
  FINDINGS_MAX,
  REPAIR_KINDS,
  ReportDraft,
  reconcileReportSchema,
  SWEEPS,
} from '#core/reconcile/report.ts';
import { T0 } from '#test/builders/workbench.ts';

const REPAIRED = ['repaired', 'deleted', 'quarantined'] as const;
const WAITS = [
  'in_grace_period',
  'over_deletion_limit',
  'record_unreadable',
  'inconclusive',
  'deferred',
  'throttled',
  'referenced',
] as const;

/** A report with one finding of each type. */
function aReport() {
  const draft = new ReportDraft('tasks', T0);
  draft.checked = 99;
  for (const what of REPAIRED) draft.add('id', what, 'because', 'orphan_task');
  for (const what of [...WAITS, 'failed'] as const) draft.add('id', what, 'because');
  return draft.end(T0 + 5);
}

describe('a report', () => {
  it('counts its findings: each repair and failure by type, and everything that waits together', () => {
    expect(aReport()).toMatchObject({
      ...{ sweep: 'tasks', startedAt: T0, endedAt: T0 + 5, checked: 99 },
      ...{ repaired: 1, deleted: 1, quarantined: 1, waiting: WAITS.length, failed: 1, alarm: true },
    });
  });

  it('can be parsed as it was written', () => {
    expect(reconcileReportSchema.parse(aReport())).toStrictEqual(aReport());
    for (const sweep of SWEEPS)
      expect(reconcileReportSchema.parse({ ...aReport(), sweep, resumeCursor: 'x' })).toMatchObject({
        sweep,
      });
  });

  it.each([
    ['count', { deleted: 0.5 }],
    ['time', { startedAt: undefined }],
    ['alarm', { alarm: 'yes' }],
    ['finding without an id', { findings: [{ what: 'failed', why: 'because' }] }],
    ['sweep that is no text', { sweep: 1 }],
  ])('of an unknown %s cannot be read', (_, fields) => {
    expect(reconcileReportSchema.safeParse({ ...aReport(), ...fields }).success).toBe(false);
  });

  it('reads names that a newer version wrote as unknown, and keeps the original', () => {
    const finding = { id: 'id', what: 'adopted', why: 'because', kind: 'orphan_snapshot', at: T0 };
    const written = { ...aReport(), sweep: 'snapshots', findings: [finding], region: 'eu' };
    const read = reconcileReportSchema.parse(written);
    expect(read).toMatchObject({ sweep: 'unknown', findings: [{ what: 'unknown', kind: 'unknown' }] });
    expect(z.encode(reconcileReportSchema, read)).toStrictEqual(written);
  });

  it('names every kind of repair', () => {
    for (const kind of REPAIR_KINDS) {
      const draft = new ReportDraft('active', T0);
      draft.add('id', 'repaired', 'because', kind);
      const report = draft.end(T0);
      expect(reconcileReportSchema.parse(report).findings).toStrictEqual([
        { id: 'id', what: 'repaired', why: 'because', kind },
      ]);
    }
  });

  it('has no alarm below the deletion limit', () => {
    const draft = new ReportDraft('tasks', T0);
    for (const what of [...REPAIRED, 'in_grace_period', 'failed'] as const) draft.add('id', what, 'because');
    expect(draft.end(T0).alarm).toBe(false);
  });

  it('keeps the first findings, and passes all to the callback', () => {
    const passedOn: string[] = [];
    const draft = new ReportDraft('tasks', T0, ({ id }) => passedOn.push(id));
    for (let n = 0; n < FINDINGS_MAX + 3; n += 1) draft.add(`${n}`, 'in_grace_period', 'because');
    const { findings, waiting } = draft.end(T0);
    expect([findings.length, waiting, passedOn.length]).toEqual([
      FINDINGS_MAX,
      FINDINGS_MAX + 3,
      FINDINGS_MAX + 3,
    ]);
    expect(findings.at(-1)?.id).toBe(`${FINDINGS_MAX - 1}`);
  });

  it('drops the least severe findings when it is full, and keeps the order', () => {
    const draft = new ReportDraft('tasks', T0);
    const fill = (count: number, what: Parameters<ReportDraft['add']>[1]) => {
      for (let n = 0; n < count; n += 1) draft.add(`${what} ${n}`, what, 'because');
    };
    fill(FINDINGS_MAX, 'in_grace_period');
    fill(2, 'deleted');
    fill(FINDINGS_MAX - 4, 'over_deletion_limit');
    fill(1, 'failed');
    expect(draft.end(T0).findings.map(({ id }) => id)).toEqual([
      'in_grace_period 0',
      'deleted 0',
      'deleted 1',
      ...Array.from({ length: FINDINGS_MAX - 4 }, (_, n) => `over_deletion_limit ${n}`),
      'failed 0',
    ]);
    fill(1, 'record_unreadable');
    expect(draft.end(T0).findings[0]?.id).toBe('deleted 0');
  });

  it('has a resume cursor only if the sweep stopped early', () => {
    const draft = new ReportDraft('active', T0);
    draft.resumeCursor = 'page 2';
    expect(draft.end(T0)).not.toHaveProperty('resumeCursor');
    draft.incomplete = true;
    expect(draft.end(T0).resumeCursor).toBe('page 2');
    draft.resumeCursor = undefined;
    expect(draft.end(T0)).not.toHaveProperty('resumeCursor');
  });
});
