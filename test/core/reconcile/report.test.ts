import { describe, expect, it } from 'vitest';
import { FINDINGS_MAX, REPAIR_KINDS, ReportDraft, reconcileReportSchema, SWEEPS } from '#core/reconcile/report.ts';
import { T0 } from '#test/builders/workbench.ts';

const REPAIRED = ['repaired', 'removed', 'quarantined'] as const;
const WAITS = [
  'waits_young',
  'waits_too_many',
  'waits_unreadable',
  'waits_in_doubt',
  'waits_turn',
  'waits_throttled',
  'wanted',
] as const;

/** A report of one finding of each kind. */
function aReport() {
  const draft = new ReportDraft('tasks', T0);
  draft.lookedAt = 99;
  for (const what of REPAIRED) draft.add('id', what, 'because', 'orphan_task');
  for (const what of [...WAITS, 'failed'] as const) draft.add('id', what, 'because');
  return draft.end(T0 + 5);
}

describe('a report', () => {
  it('counts what was found: each repair and failure by itself, and all that waits together', () => {
    expect(aReport()).toMatchObject({
      ...{ sweep: 'tasks', startedAt: T0, endedAt: T0 + 5, lookedAt: 99 },
      ...{ repaired: 1, removed: 1, quarantined: 1, waiting: WAITS.length, failed: 1, alarm: true },
    });
  });

  it('can be read back as it was written', () => {
    expect(reconcileReportSchema.parse(aReport())).toStrictEqual(aReport());
    for (const sweep of SWEEPS)
      expect(reconcileReportSchema.parse({ ...aReport(), sweep, resumeAt: 'x' })).toMatchObject({ sweep });
  });

  it.each([
    ['sweep', { sweep: 'another' }],
    ['count', { removed: 0.5 }],
    ['time', { startedAt: undefined }],
    ['alarm', { alarm: 'yes' }],
    ['finding', { findings: [{ id: 'id', what: 'another', why: 'because' }] }],
    ['finding without an id', { findings: [{ what: 'failed', why: 'because' }] }],
    ['kind of repair', { findings: [{ id: 'id', what: 'removed', why: 'because', kind: 'another' }] }],
  ])('of an unknown %s cannot be read', (_, fields) => {
    expect(reconcileReportSchema.safeParse({ ...aReport(), ...fields }).success).toBe(false);
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

  it('raises no alarm for less than too much', () => {
    const draft = new ReportDraft('tasks', T0);
    for (const what of [...REPAIRED, 'waits_young', 'failed'] as const) draft.add('id', what, 'because');
    expect(draft.end(T0).alarm).toBe(false);
  });

  it('spells out the first, and tells of all', () => {
    const told: string[] = [];
    const draft = new ReportDraft('tasks', T0, ({ id }) => told.push(id));
    for (let n = 0; n < FINDINGS_MAX + 3; n += 1) draft.add(`${n}`, 'waits_young', 'because');
    const { findings, waiting } = draft.end(T0);
    expect([findings.length, waiting, told.length]).toEqual([
      FINDINGS_MAX,
      FINDINGS_MAX + 3,
      FINDINGS_MAX + 3,
    ]);
    expect(findings.at(-1)?.id).toBe(`${FINDINGS_MAX - 1}`);
  });

  it('keeps the gravest where there is no room for all, in the order in which they were found', () => {
    const draft = new ReportDraft('tasks', T0);
    const fill = (count: number, what: Parameters<ReportDraft['add']>[1]) => {
      for (let n = 0; n < count; n += 1) draft.add(`${what} ${n}`, what, 'because');
    };
    fill(FINDINGS_MAX, 'waits_young');
    fill(2, 'removed');
    fill(FINDINGS_MAX - 4, 'waits_too_many');
    fill(1, 'failed');
    expect(draft.end(T0).findings.map(({ id }) => id)).toEqual([
      'waits_young 0',
      'removed 0',
      'removed 1',
      ...Array.from({ length: FINDINGS_MAX - 4 }, (_, n) => `waits_too_many ${n}`),
      'failed 0',
    ]);
    fill(1, 'waits_unreadable');
    expect(draft.end(T0).findings[0]?.id).toBe('removed 0');
  });

  it('says where to go on only when it gave way', () => {
    const draft = new ReportDraft('active', T0);
    draft.resumeAt = 'page 2';
    expect(draft.end(T0)).not.toHaveProperty('resumeAt');
    draft.gaveWay = true;
    expect(draft.end(T0).resumeAt).toBe('page 2');
    draft.resumeAt = undefined;
    expect(draft.end(T0)).not.toHaveProperty('resumeAt');
  });
});
