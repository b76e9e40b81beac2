import * as z from 'zod/mini';
import { AUDIT_SETTINGS } from '#contract/settings/audit-settings.ts';
import type { FunctionOverrides } from './function-settings.ts';
import { group, integer, oneOf } from './setting-types.ts';
import type { StageProblem } from './stage-error.ts';

const auditExport = group(
  {
    retentionDays: z._default(
      integer({
        description:
          'How long the bucket keeps a file. Not shorter than `functions.WB_AUDIT_DAYS`, for which the table keeps the events.',
        unit: 'days',
        min: 1,
        max: 36_500,
      }),
      365,
    ),
  },
  {
    description:
      'Exports the events of the audit to a bucket of S3, in a file of JSON lines for each hour. The bucket stays when the stack is deleted.',
  },
);

export const auditExportSetting = oneOf(
  [z.literal('none', { error: () => 'expected `none` or an object' }), auditExport],
  {
    description: 'The export of the audit to S3. With `none` the events are only in the table.',
    expected: '`none` or an object',
  },
);

export type AuditExportSetting = z.infer<typeof auditExportSetting>;
export type AuditExportSettings = z.infer<typeof auditExport>;

/** A file that expires before its events would be exported again at once. */
export function checkAuditExport(
  setting: AuditExportSetting,
  functions: FunctionOverrides,
): readonly StageProblem[] {
  if (setting === 'none') return [];
  const auditDays = Number(functions.WB_AUDIT_DAYS ?? AUDIT_SETTINGS.WB_AUDIT_DAYS.default);
  if (setting.retentionDays >= auditDays) return [];
  return [
    {
      path: 'auditExport.retentionDays',
      problem: `must be at least ${auditDays}, the value of \`functions.WB_AUDIT_DAYS\``,
    },
  ];
}
