/**
 * What an adapter throws if a call failed. The kind says what is known about the call's effect; the life cycle needs
 * nothing else to decide whether and how to retry.
 *
 * - `throttled`: the call was refused before it had an effect. It is retried, and the deadline of a start is paused.
 * - `no_space`: the call had no effect either, because the controller cannot store what belongs to it: the disk is full or
 *   read-only or has no inodes left, or a quota is used up. It is retried like a throttled call.
 * - `unavailable`: the outcome is unknown (time-out, lost connection, 5xx); the call may have had its effect. The only
 *   safe continuation is to retry the same call with the same client token.
 */
export type PortErrorKind = 'throttled' | 'no_space' | 'unavailable';

/** Kinds of a call that certainly had no effect. */
export type RefusalKind = Exclude<PortErrorKind, 'unavailable'>;

export class PortError extends Error {
  readonly kind: PortErrorKind;

  constructor(kind: PortErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'PortError';
    this.kind = kind;
  }
}
