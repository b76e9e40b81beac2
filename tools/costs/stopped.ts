import type { Assumed } from './assumptions.ts';
import { type BillLine, line } from './bill.ts';

/** What a record holds at most, with its share of the indexes; GB. */
const RECORD_GB = 5e-6;

/** What a month of a stopped workbench costs: its files, their backup, its record. */
export function stoppedBill(assumed: Assumed): readonly BillLine[] {
  const gb = assumed['workbench-gb'];
  return [
    line('Files', 'files', gb, 'GB-months'),
    line('Backups of them', 'fileBackups', gb, 'GB-months'),
    line('Record', 'tableStorage', RECORD_GB, 'GB-months'),
    line('Record: point-in-time recovery', 'tableRecovery', RECORD_GB, 'GB-months'),
  ];
}

/** The same once its files have not been touched for long: 60 days, and 270. */
export function untouchedBills(assumed: Assumed): { readonly after60: number; readonly after270: number } {
  const gb = assumed['workbench-gb'];
  const of = (price: 'filesUntouched' | 'filesArchived') =>
    line('', price, gb, '').usd + line('', 'fileBackups', gb, '').usd;
  return { after60: of('filesUntouched'), after270: of('filesArchived') };
}
