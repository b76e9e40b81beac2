import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import { isDeleted, type Workbench } from '#core/workbench/workbench.ts';
import type { GateChecks } from '../gate/gate-checks.ts';
import type { ReachChecks } from '../gate/reach-checks.ts';
import { replaceMethods } from '../invocation.ts';
import type { ClientHistory } from './client-history.ts';
import type { CostChecks } from './cost-checks.ts';
import type { DeletionChecks } from './deletion-checks.ts';
import type { DrainChecks } from './drain-checks.ts';
import type { HostStateChecks } from './host-state-checks.ts';
import type { IdleChecks } from './idle-checks.ts';
import type { OwnerChecks } from './owner-checks.ts';
import type { QuotaChecks } from './quota-checks.ts';
import type { RetentionChecks } from './retention-checks.ts';
import type { RightsChecks } from './rights-checks.ts';
import type { SafetyChecks } from './safety-checks.ts';
import type { ScheduleResult } from './schedule-result.ts';
import type { StepRunner } from './step-runner.ts';
import type { TimetableChecks } from './timetable-checks.ts';

/** The rules that each write is checked against. */
export interface WriteRules {
  readonly safety: SafetyChecks;
  readonly hostStates: HostStateChecks;
  readonly owners: OwnerChecks;
  readonly rights: RightsChecks;
  readonly gate: GateChecks;
  readonly reach: ReachChecks;
  readonly idle: IdleChecks;
  readonly drains: DrainChecks;
  readonly deletions: DeletionChecks;
  readonly retention: RetentionChecks;
  readonly timetables: TimetableChecks;
  readonly costs: CostChecks;
  readonly quotas: QuotaChecks;
}

export interface CheckedStoreOptions {
  /** Called at each write: the rules are created after the store. */
  readonly rules: () => WriteRules;
  readonly clients: ClientHistory;
  readonly steps: StepRunner;
  readonly result: ScheduleResult;
  /** The existing records as last written, by workbench id. */
  readonly lastWritten: Map<string, Workbench>;
  /** Whether no fault is injected: what a request has left in a ledger is then removed at once. */
  readonly isFaultless: boolean;
}

/** Wraps the store so that each write is checked and recorded before its caller continues. */
export function checkedStore(inner: WorkbenchStore, options: CheckedStoreOptions): WorkbenchStore {
  const { rules, clients, steps, result, lastWritten, isFaultless } = options;
  const onWritten = (record: Workbench, before: Workbench | undefined) => {
    const { safety, hostStates, gate, reach, idle, drains, deletions, retention, timetables, costs, quotas } =
      rules();
    const now = steps.now();
    lastWritten.set(record.workbenchId, record);
    costs.noteWritten(record);
    steps.record(() => costs.checkFiles(record));
    gate.noteRecord(record);
    result.recordTransition(record, before?.status);
    steps.record(() => safety.checkWrite(record, before, now));
    steps.record(() => hostStates.checkWrite(record, before));
    steps.record(() => reach.checkWrite(record, before));
    steps.record(() => idle.checkWrite(record, before, now));
    steps.record(() => drains.checkWrite(record, before, now));
    steps.record(() => deletions.checkWrite(record, before, now));
    steps.record(() => retention.checkWrite(record, before, now));
    steps.record(() => timetables.checkWrite(record, before, now));
    const isOver = before?.status === 'stopped' && isDeleted(before) && record.status === 'deleting';
    if (isOver && clients.isDeletionAcknowledged(record.workbenchId) && isFaultless)
      steps.record(() => quotas.checkNotCounted(record));
    steps.record(() => quotas.checkLimits());
    steps.record(() => quotas.checkCovered(record));
    steps.record(() => quotas.budget.checkWrite(record, before, now));
  };
  return replaceMethods(inner, {
    create: async (record, idempotencyKey) => {
      const created = await inner.create(record, idempotencyKey);
      if (created === 'created') {
        steps.record(() => rules().owners.checkCreated(record, steps.now()));
        onWritten(record, undefined);
      }
      return created;
    },
    move: async (record, from, revision, closed) => {
      const before = lastWritten.get(record.workbenchId);
      const moved = await inner.move(record, from, revision, closed);
      if (moved === 'moved') {
        steps.record(() => rules().owners.checkMoved(record, before, steps.now()));
        steps.record(() => rules().rights.checkMoved(record));
        onWritten(record, before);
      }
      return moved;
    },
    update: async (record, revision, closed) => {
      const before = lastWritten.get(record.workbenchId);
      const updated = await inner.update(record, revision, closed);
      if (updated === 'updated') onWritten(record, before);
      return updated;
    },
    delete: async (key, revision) => {
      const deleted = await inner.delete(key, revision);
      // Of two calls at the same time the other one may have deleted it, or this one may have been refused.
      if (deleted === 'deleted' && lastWritten.delete(key.workbenchId)) {
        rules().gate.noteRemoval(key.workbenchId);
        result.recordRemoval(key.workbenchId);
        steps.record(() => rules().owners.checkRemoved(key, steps.now()));
        steps.record(() => rules().safety.checkRemoval(key));
      }
      return deleted;
    },
  });
}
