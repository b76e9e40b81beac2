import { WorkbenchError } from '../errors.ts';
import { ageOf, type Clock, momentOf } from '../ports/clock.ts';
import { PortError } from '../ports/port-error.ts';
import type { KnownUser, QuotaStore, StoredLedger } from '../ports/quota-store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { UsageStore } from '../ports/usage-store.ts';
import type { WorkbenchStore } from '../ports/workbench-store.ts';
import { countRecords } from './count-records.ts';
import { type Held, HOLDS_NOTHING } from './held.ts';
import { addHold, EMPTY_LEDGER, findExceeded, HOLD_VALID_MS, type Ledger, settle } from './ledger.ts';
import { hasLimit, type LimitsInForce, limitsInForce, type QuotaLimits, scopesOf } from './limits.ts';
import { findSpent, quotaExceeded } from './refusal.ts';

export interface QuotaPorts {
  readonly quotas: QuotaStore;
  readonly usage: Pick<UsageStore, 'list'>;
  readonly workbenches: Pick<WorkbenchStore, 'listByUser' | 'read'>;
  readonly clock: Clock;
}

/** What decides about the limits of a user. */
export interface QuotaUser {
  readonly userId: string;
  /** The groups that the user's own token proves. Undefined: nothing is proved, and those of the last proof count. */
  readonly groups?: readonly string[] | undefined;
}

export interface NewHold {
  readonly user: QuotaUser;
  readonly workbenchId: string;
  /** The revision of the record that is about to be written. */
  readonly revision: number;
  readonly held: Held;
  /** What it holds already for this user. @default what the ledger says */
  readonly holds?: Held;
}

/**
 * The most attempts to write a ledger. With a limit of n at most n requests at the same time find the limit not reached, so
 * at most n of them write.
 */
const WRITE_ATTEMPTS_MAX = 100;

/**
 * Adds to the ledger what a workbench will hold, if the limits of its user allow it; called before the record is written.
 * One read, and one conditional write if a limit is in force or once was. The first time it also lists the records of the user.
 * Stores the user and the groups that are proved if they are not known yet, because usage is listed by user and group.
 * See docs/decisions/0030-quotas-are-a-ledger-per-user.md.
 * @param defaults the limits of the settings
 * @throws WorkbenchError `quota_exceeded`, `unavailable`
 */
export async function holdQuota(ports: QuotaPorts, defaults: QuotaLimits, hold: NewHold): Promise<void> {
  const { quotas, clock } = ports;
  const { user, workbenchId, revision, held } = hold;
  const { userId } = user;
  const begunAt = momentOf(clock);
  // A late entry counts although no record follows it, and may be removed before the record is written.
  const assertInTime = () => {
    if (ageOf(begunAt, clock) <= HOLD_VALID_MS) return;
    throw new WorkbenchError('unavailable', 'The request took too long. Try again.', { reason: 'stalled' });
  };
  for (let attempt = 0; attempt < WRITE_ATTEMPTS_MAX; attempt += 1) {
    const at = clock.now();
    const { limits, stored, groups, known: before } = await readQuota(quotas, defaults, user);
    if (attempt === 0) {
      await saveUser(quotas, user, before);
      await assertNotSpent(ports, hold, stored, limits);
    }
    if (stored === undefined && !hasLimit(limits)) return;
    const known = stored?.ledger ?? { ...EMPTY_LEDGER, groups: [...groups] };
    const allowed = await allow(ports, known, hold, limits, stored === undefined);
    const ledger = addHold({ ...allowed, groups: [...groups] }, { workbenchId, revision, held, at });
    assertInTime();
    if ((await quotas.writeLedger(userId, ledger, stored?.revision)) === 'conflict') continue;
    assertInTime();
    return;
  }
  throw new WorkbenchError('unavailable', 'Other requests of this user are in progress. Try again.', {
    reason: 'conflict',
    retryAfterSeconds: 1,
    detail: `${WRITE_ATTEMPTS_MAX} conflicts on the ledger of ${userId}`,
  });
}

/** Refuses a start if the limit of the month is used up. */
async function assertNotSpent(
  ports: QuotaPorts,
  { user, workbenchId, held, holds }: NewHold,
  stored: StoredLedger | undefined,
  limits: LimitsInForce,
): Promise<void> {
  const before = holds ?? stored?.ledger.entries[workbenchId]?.held ?? HOLDS_NOTHING;
  const spent = await findSpent(ports, user.userId, { before, held }, limits, ports.clock.now());
  if (spent !== undefined) throw quotaExceeded(spent);
}

/** Stores who the user is and in which groups, unless that is known. */
async function saveUser(
  quotas: QuotaStore,
  { userId, groups }: QuotaUser,
  known: KnownUser | undefined,
): Promise<void> {
  const proved = groups ?? known?.groups ?? [];
  const isSame =
    known?.groups.length === proved.length && proved.every((group) => known.groups.includes(group));
  if (!isSame) await quotas.saveUser({ userId, groups: proved });
}

/**
 * Returns the ledger if it allows the hold. Before it refuses, it counts the records again, so that an entry of a request that
 * has ended without its record refuses no request.
 */
async function allow(
  { workbenches, clock }: QuotaPorts,
  known: Ledger,
  { user, workbenchId, held }: NewHold,
  limits: LimitsInForce,
  isNew: boolean,
): Promise<Ledger> {
  if (!isNew && findExceeded(known, workbenchId, held, limits) === undefined) return known;
  const { ledger } = await countRecords(workbenches, user.userId, known, clock.now());
  const exceeded = findExceeded(ledger, workbenchId, held, limits);
  if (exceeded !== undefined) throw quotaExceeded(exceeded);
  return ledger;
}

/** Reads the limits in force for a user, and the ledger. One call, and another if groups of the last proof count. */
export async function readQuota(
  quotas: QuotaStore,
  defaults: QuotaLimits,
  { userId, groups }: QuotaUser,
): Promise<{
  readonly limits: LimitsInForce;
  readonly stored: StoredLedger | undefined;
  readonly groups: readonly string[];
  readonly known: KnownUser | undefined;
}> {
  const first = await quotas.read(userId, scopesOf(userId, groups ?? []));
  const last = first.stored?.ledger.groups ?? [];
  if (groups !== undefined || last.length === 0)
    return { ...first, limits: limitsInForce(first.limits, defaults), groups: groups ?? [] };
  const again = await quotas.read(userId, scopesOf(userId, last));
  return { ...again, limits: limitsInForce(again.limits, defaults), groups: last };
}

export interface SettlePorts {
  readonly quotas: QuotaStore;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export interface Settlement {
  readonly userId: string;
  readonly workbenchId: string;
  /** The revision with which the record was written, or the last one before it was deleted. */
  readonly revision: number;
  /** Undefined: the user has no such record any more. */
  readonly held: Held | undefined;
}

/**
 * Corrects the ledger after a record was written. One read, and one write if the entry changes. A failure is only counted: what
 * the record holds is already decided, and the next recount finds the difference.
 */
export async function settleQuota(
  { quotas, clock, telemetry }: SettlePorts,
  { userId, ...settlement }: Settlement,
): Promise<void> {
  try {
    for (let attempt = 0; attempt < WRITE_ATTEMPTS_MAX; attempt += 1) {
      const stored = await quotas.readLedger(userId);
      if (stored === undefined) return;
      const ledger = settle(stored.ledger, { ...settlement, at: clock.now() });
      if (ledger === stored.ledger) return;
      if ((await quotas.writeLedger(userId, ledger, stored.revision)) === 'written') return;
    }
    telemetry.count('quota_settle_failed', 1);
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    const { workbenchId } = settlement;
    telemetry.warn('what a workbench holds could not be given back', { workbenchId, kind: error.kind });
    telemetry.count('quota_settle_failed', 1);
  }
}
