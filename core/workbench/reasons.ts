/**
 * Why a workbench is stopped although somebody wanted it to run: `status_reason.code`. Closed and part of the
 * contract; each with what it means, for docs/api.yaml.
 */
export const REASONS = {
  no_capacity: 'No machine had room for it within the time allowed.',
  cannot_fit: 'Nothing that exists can hold what was requested.',
  image_pull_failed: 'The image could not be fetched.',
  out_of_memory: 'It used more memory than was requested and was ended.',
  storage_failed: 'Its files could not be provided or mounted.',
  start_timeout: 'It did not become ready within the time allowed.',
  start_refused: 'The platform refused to start it.',
  instance_lost: 'The machine it ran on stopped or was lost.',
  exited: 'Its main process ended by itself.',
  stopped_externally: 'Somebody stopped its task from outside the controller.',
  task_lost: 'Its task disappeared and nothing tells why.',
} as const;

export type ReasonCode = keyof typeof REASONS;

export const REASON_CODES = Object.keys(REASONS) as [ReasonCode, ...ReasonCode[]];

/** The longest message of a reason, in bytes of UTF-8. */
export const REASON_MESSAGE_MAX = 300;

/** Why it stopped: the code for programs, the message for people (at most REASON_MESSAGE_MAX). */
export interface StatusReason {
  readonly code: ReasonCode;
  readonly message: string;
}
