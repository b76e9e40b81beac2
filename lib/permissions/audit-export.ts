import { AUDIT_PREFIX } from '#contract/audit-export.ts';
import type { Permission } from './allow.ts';

/**
 * The permissions of the function that exports the audit. It can neither read the files nor delete them.
 * @param table ARN
 * @param bucket ARN
 */
export function exportAuditPermissions(table: string, bucket: string): readonly Permission[] {
  return [
    {
      sid: 'ListAudit',
      actions: ['dynamodb:Query'],
      resources: [table],
      conditions: {
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['audit-day#*'] },
        // ForAllValues is also true for a request without the key.
        Null: { 'dynamodb:LeadingKeys': 'false' },
      },
      why: 'Reads the audit events of each hour.',
    },
    {
      sid: 'ListFiles',
      actions: ['s3:ListBucket'],
      resources: [bucket],
      conditions: { StringEquals: { 's3:prefix': AUDIT_PREFIX } },
      why: 'Finds the hours that were exported, and the sizes of their files.',
    },
    {
      sid: 'WriteFiles',
      actions: ['s3:PutObject', 's3:AbortMultipartUpload'],
      resources: [`${bucket}/${AUDIT_PREFIX}*`],
      why: 'Writes the file of an hour, in several parts if it is large.',
    },
  ];
}
