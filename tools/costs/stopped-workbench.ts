import type { AssumedValues } from './assumptions.ts';
import { type BillLine, billLine } from './prices.ts';

/** Maximum size of a record including index entries. */
const RECORD_GB = 5e-6;

/** Returns the costs of a stopped workbench for a month: files, backups, record. */
export function stoppedBill(assumed: AssumedValues): readonly BillLine[] {
  const gb = assumed['workbench-gb'];
  return [
    billLine('Files', 'files', gb, 'GB-months'),
    billLine('Backups of files', 'fileBackups', gb, 'GB-months'),
    billLine('Record', 'tableStorage', RECORD_GB, 'GB-months'),
    billLine('Record: point-in-time recovery', 'tableRecovery', RECORD_GB, 'GB-months'),
  ];
}

/** Returns the monthly costs of files and backups after 60 and 270 days without access. */
export function untouchedBills(assumed: AssumedValues): {
  readonly after60: number;
  readonly after270: number;
} {
  const gb = assumed['workbench-gb'];
  const costWith = (price: 'filesUntouched' | 'filesArchived') =>
    billLine('', price, gb, '').usd + billLine('', 'fileBackups', gb, '').usd;
  return { after60: costWith('filesUntouched'), after270: costWith('filesArchived') };
}
