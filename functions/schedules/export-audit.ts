import { createS3Client, S3AuditArchive } from '#adapters/aws/s3/audit-archive.ts';
import { systemClock } from '#adapters/system-clock.ts';
import type { SettingsFor } from '#contract/settings/function-settings.ts';
import { type AuditExport, type ExportPorts, exportAudit } from '#core/audit/export-audit.ts';
import { createHandler } from '../wiring/create-handler.ts';
import { auditStore, openTable } from '../wiring/table.ts';

/**
 * Every hour: writes the audit events of the hours that have ended to files in S3. Local mode writes each event to a file at once,
 * and does not run this.
 */
export function build(
  ports: ExportPorts,
  { WB_AUDIT_DAYS: retentionDays }: SettingsFor<'WB_AUDIT_DAYS'>,
): () => Promise<AuditExport> {
  return () => exportAudit(ports, retentionDays);
}

export const handler = createHandler('export-audit', (wiring) => {
  const { settings, telemetry } = wiring;
  return build(
    {
      audit: auditStore(openTable(wiring), settings),
      archive: new S3AuditArchive(createS3Client(), settings.WB_AUDIT_BUCKET),
      clock: systemClock,
      telemetry,
    },
    settings,
  );
});
