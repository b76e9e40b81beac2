import { beingDeletedError, WorkbenchError, workbenchNotFound } from '../../errors.ts';
import { type Base, isSettled, type Workbench } from '../workbench.ts';
import { type Context, driveNow } from './context.ts';
import type { Request } from './inputs.ts';

/** How long an offer can be accepted: 7 days, in milliseconds. */
export const OFFER_VALID_MS = 7 * 24 * 60 * 60 * 1000;

/** The user to whom the workbench is offered at `now`; undefined if there is no offer or it has expired. */
export function offeredTo({ offer }: Pick<Base, 'offer'>, now: number): string | undefined {
  return offer !== undefined && now < offer.expiresAt ? offer.to : undefined;
}

/** An offer changes nothing else, so that it is possible in every status. Repeated, it is valid for longer. */
export function offerTo(workbench: Workbench, to: string, { now }: Context): Workbench {
  if (workbench.status === 'deleting') throw beingDeletedError();
  return { ...workbench, offer: { to, expiresAt: now + OFFER_VALID_MS } };
}

/**
 * Removes the offer.
 * @throws WorkbenchError `workbench_not_found` if `to` is given and the workbench is not offered to this user
 */
export function endOffer(workbench: Workbench, to: string | undefined, { now }: Context): Workbench {
  if (to !== undefined && offeredTo(workbench, now) !== to) throw workbenchNotFound();
  return withoutOffer(workbench);
}

/**
 * Gives the workbench to another user: docs/lifecycle.md#another-owner. A stopped host is terminated, because its disk may
 * have data of the earlier owner and its tags name this user; the next start launches another one.
 * @throws WorkbenchError `workbench_not_found` if it is not offered to the user who accepts; `deleting`; `not_stopped`
 */
export function moveTo(
  workbench: Workbench,
  { to, accepted }: Extract<Request, { type: 'move' }>,
  context: Context,
): Workbench {
  if (accepted && offeredTo(workbench, context.now) !== to) throw workbenchNotFound();
  if (workbench.status === 'deleting') throw beingDeletedError();
  if (workbench.status !== 'stopped' || !isSettled(workbench)) throw notStopped(workbench);
  // The key is one of the earlier owner: only this user's requests have it.
  const { idempotencyKey: _earlierOwners, ...moved } = withoutOffer({ ...workbench, userId: to });
  if (moved.host === undefined) return moved as Workbench;
  return driveNow({ ...moved, host: { ...moved.host, replacing: true } } as Workbench, context);
}

/** The record without an offer to another user. */
export function withoutOffer<W extends Workbench>(workbench: W): W {
  const { offer: _ended, ...rest } = workbench;
  return rest as W;
}

function notStopped({ status }: Workbench): WorkbenchError {
  return status === 'stopped'
    ? new WorkbenchError(
        'not_stopped',
        'The last task or the instance of the workbench has not ended yet. Try again in a minute.',
        { reason: 'not_settled', retryAfterSeconds: 60 },
      )
    : new WorkbenchError(
        'not_stopped',
        'The owner of a workbench can be changed only while it is stopped. Stop it first.',
      );
}
