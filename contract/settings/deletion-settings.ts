import { DEFAULT_POLICY } from '#core/workbench/lifecycle/policy.ts';
import { integer } from './setting-kinds.ts';

/** The shortest time without use, and the shortest time in which a workbench that the retention deleted can be restored. */
export const RETENTION_MIN = { days: 14, restorableHours: 24 } as const;

/** When workbenches are deleted, and what follows. */
export const DELETION_SETTINGS = {
  WB_DELETE_AFTER_HOURS: integer({
    description:
      'How long a deleted workbench is kept with its files, hidden and stopped, so that its owner can restore it. `0`: it is deleted at once. A workbench keeps the time that was set when it was deleted.',
    readBy: ['api', 'drive', 'events', 'schedules'],
    unit: 'h',
    min: 0,
    max: 8760,
    default: DEFAULT_POLICY.deleteAfterMs / 3_600_000,
  }),
  WB_RETENTION_DAYS: integer({
    description:
      'Deletes a workbench that was stopped for this time, with a warning 7 days before. A start, a restore or another change by a user begins the time anew. `0`: none is deleted. At least 14, and only with WB_DELETE_AFTER_HOURS of at least 24, so that it can be restored. For workbenches that are stopped already the time begins within a day.',
    readBy: ['api', 'drive', 'events', 'schedules'],
    unit: 'days',
    min: 0,
    max: 3650,
    default: DEFAULT_POLICY.retentionMs / 86_400_000,
  }),
};
