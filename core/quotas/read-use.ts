import { countRecords } from './count-records.ts';
import type { Held } from './held.ts';
import { type QuotaPorts, type QuotaUser, readQuota } from './hold-quota.ts';
import { EMPTY_LEDGER, findExceeded, sumOf } from './ledger.ts';
import type { LimitsInForce, QuotaLimits, QuotaName } from './limits.ts';
import { quotaExceeded } from './refusal.ts';

export interface QuotaUse {
  readonly limits: LimitsInForce;
  readonly used: Readonly<Record<QuotaName, number>>;
}

/** Returns the limits in force for a user and what the user holds. Without a ledger it counts the records. Writes nothing. */
export async function readUse(ports: QuotaPorts, defaults: QuotaLimits, user: QuotaUser): Promise<QuotaUse> {
  const { limits, ledger } = await readLedgerOrCount(ports, defaults, user);
  return { limits, used: sumOf(ledger) };
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
  return { limits, used: sumOf(counted) };
}

/** The id of a workbench that does not exist yet. */
const NO_WORKBENCH = '';

async function readLedgerOrCount(ports: QuotaPorts, defaults: QuotaLimits, user: QuotaUser) {
  const { limits, stored } = await readQuota(ports.quotas, defaults, user);
  if (stored !== undefined) return { limits, ledger: stored.ledger };
  const { ledger } = await countRecords(ports.workbenches, user.userId, EMPTY_LEDGER, ports.clock.now());
  return { limits, ledger };
}
