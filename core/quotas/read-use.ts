import { startOfNextMonth } from '../cost/month.ts';
import { countRecords } from './count-records.ts';
import { type Held, HOLDS_NOTHING } from './held.ts';
import { type QuotaPorts, type QuotaUser, readQuota } from './hold-quota.ts';
import { EMPTY_LEDGER, findExceeded, type Ledger, sumOf } from './ledger.ts';
import type { LimitsInForce, QuotaLimits, QuotaName } from './limits.ts';
import { findSpent, quotaExceeded, readMonthlyUsd } from './refusal.ts';

export interface QuotaUse {
  readonly limits: LimitsInForce;
  readonly used: Readonly<Record<QuotaName, number>>;
  /** When `usd_per_month` begins again, milliseconds since 1970. Undefined if it is not limited. */
  readonly resetsAt: number | undefined;
}

/** Returns the limits in force for a user and what the user holds. Without a ledger it counts the records. Writes nothing. */
export async function readUse(ports: QuotaPorts, defaults: QuotaLimits, user: QuotaUser): Promise<QuotaUse> {
  const { limits, ledger } = await readLedgerOrCount(ports, defaults, user);
  return presentUse(ports, user, limits, ledger);
}

/**
 * Returns the limits and the use of a user before a new workbench. Writes nothing.
 * @throws WorkbenchError `quota_exceeded`, as the request itself would
 */
export async function previewHold(
  ports: QuotaPorts,
  defaults: QuotaLimits,
  user: QuotaUser,
  held: Held,
): Promise<QuotaUse> {
  const { limits, ledger } = await readLedgerOrCount(ports, defaults, user);
  let counted = ledger;
  if (findExceeded(counted, NO_WORKBENCH, held, limits) !== undefined) {
    ({ ledger: counted } = await countRecords(ports.workbenches, user.userId, ledger, ports.clock.now()));
    const exceeded = findExceeded(counted, NO_WORKBENCH, held, limits);
    if (exceeded !== undefined) throw quotaExceeded(exceeded);
  }
  const now = ports.clock.now();
  const spent = await findSpent(ports, user.userId, { before: HOLDS_NOTHING, held }, limits, now);
  if (spent !== undefined) throw quotaExceeded(spent);
  return presentUse(ports, user, limits, counted);
}

async function presentUse(
  ports: QuotaPorts,
  { userId }: QuotaUser,
  limits: LimitsInForce,
  ledger: Ledger,
): Promise<QuotaUse> {
  const now = ports.clock.now();
  const used = { ...sumOf(ledger), usd_per_month: await readMonthlyUsd(ports, userId, now) };
  return { limits, used, resetsAt: limits.usd_per_month.max === null ? undefined : startOfNextMonth(now) };
}

/** The id of a workbench that does not exist yet. */
const NO_WORKBENCH = '';

async function readLedgerOrCount(ports: QuotaPorts, defaults: QuotaLimits, user: QuotaUser) {
  const { limits, stored } = await readQuota(ports.quotas, defaults, user);
  if (stored !== undefined) return { limits, ledger: stored.ledger };
  const { ledger } = await countRecords(ports.workbenches, user.userId, EMPTY_LEDGER, ports.clock.now());
  return { limits, ledger };
}
