import type { AssumedValues } from './assumptions.ts';
import { type BillLine, billLine } from './prices.ts';

/** What a record holds at most, with its share of the indexes; GB. */
const RECORD_GB = 5e-6;

/** What a month of a stopped workbench costs: its files, their backup, its record. */
export function stoppedBill(assumed: AssumedValues): readonly BillLine[] {
  const gb = assumed['workbench-gb'];
  return [
    billLine('Files', 'files', gb, 'GB-months'),
    billLine('Backups of them', 'fileBackups', gb, 'GB-months'),
    billLine('Record', 'tableStorage', RECORD_GB, 'GB-months'),
    billLine('Record: point-in-time recovery', 'tableRecovery', RECORD_GB, 'GB-months'),
  ];
}

/** The same once its files have not been touched for long: 60 days, and 270. */
export function untouchedBills(assumed: AssumedValues): {
  readonly after60: number;
  readonly after270: number;
} {
  const gb = assumed['workbench-gb'];
  const of = (price: 'filesUntouched' | 'filesArchived') =>
    billLine('', price, gb, '').usd + billLine('', 'fileBackups', gb, '').usd;
  return { after60: of('filesUntouched'), after270: of('filesArchived') };
}
