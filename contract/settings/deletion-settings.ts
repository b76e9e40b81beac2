import { DEFAULT_POLICY } from '#core/workbench/lifecycle/policy.ts';
import { integer } from './setting-kinds.ts';

/** What follows a request to delete a workbench. */
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
};
