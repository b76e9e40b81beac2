/**
 * Why a workbench stopped although it was to run: `status_reason.code`. Part of the API; the texts are published in
 * docs/api.yaml.
 */
export const REASONS = {
  no_capacity: 'No instance had enough free capacity within the time allowed.',
  cannot_fit: 'No configured capacity is large enough for this request.',
  image_pull_failed: 'The container image could not be pulled.',
  out_of_memory: 'The workbench used more memory than requested and was terminated.',
  storage_failed: 'The volume could not be created or mounted.',
  start_timeout: 'The workbench did not become ready within the time allowed.',
  gate_unreachable: 'The task was ready, but the gate could not reach it within the time allowed.',
  start_refused: 'The platform refused to start the task.',
  instance_lost: 'The instance stopped or was lost.',
  spot_interrupted: 'AWS took the spot instance back.',
  machine_drained: 'An operator emptied the machine.',
  idle: 'The workbench was not used for as long as its idle limit.',
  max_life: 'The run lasted as long as it may.',
  stop_at: 'The time came at which its user wanted it to be stopped.',
  schedule: 'Its schedule stopped it.',
  retention: 'It was stopped for as long as the installation keeps workbenches, and was deleted.',
  exited: 'The main process exited.',
  stopped_externally: 'The task was stopped from outside the controller.',
  task_lost: 'The task disappeared, and ECS gives no reason.',
  other: 'A reason that this version of the controller does not know. The message explains it.',
} as const;

export type ReasonCode = keyof typeof REASONS;

export const REASON_CODES = Object.keys(REASONS) as [ReasonCode, ...ReasonCode[]];

/** Maximum length of a reason's message, in bytes of UTF-8. */
export const REASON_MESSAGE_MAX = 300;

/** Why a workbench stopped: the code for programs, the message for people (at most REASON_MESSAGE_MAX bytes). */
export interface StatusReason {
  readonly code: ReasonCode;
  readonly message: string;
}
