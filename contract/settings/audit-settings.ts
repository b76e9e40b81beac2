import { AUDIT_DEFAULT_DAYS } from '#core/ports/audit-store.ts';
import { integer } from './setting-kinds.ts';

/** The settings of the audit. */
export const AUDIT_SETTINGS = {
  WB_AUDIT_DAYS: integer({
    description:
      'How long audit events are kept. A change applies to new events; those that are stored keep the time of their end.',
    readBy: ['api', 'gate', 'export-audit'],
    unit: 'days',
    min: 1,
    max: 3650,
    default: AUDIT_DEFAULT_DAYS,
  }),
};
