/**
 * What an adapter throws when a call did not go through. The kind says what is known of the effect, which is
 * all that the life cycle needs to decide whether it may try again, and how.
 *
 * - `throttled`: refused before anything happened; the work waits its turn and its deadline pauses.
 * - `unavailable`: the outcome is unknown (time-out, connection lost, 5xx): it may have happened. Repeating
 *   the same call with the same token is the only safe continuation.
 */
export type PortErrorKind = 'throttled' | 'unavailable';

export class PortError extends Error {
  readonly kind: PortErrorKind;

  constructor(kind: PortErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'PortError';
    this.kind = kind;
  }
}
