/**
 * Whose task it is, written into what the task is started with and read back from what ECS says of it: events
 * carry no tags, and a stopped task has lost them.
 */
export interface TaskIdentity {
  readonly userId: string;
  readonly workbenchId: string;
  readonly runId: string;
  /** 1 or more. */
  readonly attempt: number;
}

/** The fields of a task, as described or in an event, that tell whose it is. */
export interface TaskIdentityFields {
  readonly group?: string | undefined;
  readonly startedBy?: string | undefined;
  readonly overrides?:
    | {
        readonly containerOverrides?:
          | readonly { readonly environment?: readonly NamedValue[] | undefined }[]
          | undefined;
      }
    | undefined;
}

export interface NamedValue {
  readonly name?: string | undefined;
  readonly value?: string | undefined;
}

export const RUN_ID_VARIABLE = 'WB_RUN_ID';
export const RUN_ATTEMPT_VARIABLE = 'WB_RUN_ATTEMPT';

const GROUP = 'workbench/';

export function groupOf(workbenchId: string): string {
  return `${GROUP}${workbenchId}`;
}

/** `startedBy` takes letters, digits, `-` and `_`, and 128 of them: a user id of up to 96 bytes as base64url. */
export function startedByOf(userId: string): string {
  return Buffer.from(userId, 'utf8').toString('base64url');
}

/** Undefined for every task that was not started by the controller. */
export function parseTaskIdentity({
  group,
  startedBy,
  overrides,
}: TaskIdentityFields): TaskIdentity | undefined {
  const workbenchId = group?.startsWith(GROUP) ? group.slice(GROUP.length) : '';
  const userId = decodeStartedBy(startedBy ?? '');
  const variable = (name: string) => environmentValueOf(overrides, name) ?? '';
  const runId = variable(RUN_ID_VARIABLE);
  const attempt = variable(RUN_ATTEMPT_VARIABLE);
  if (!/^[0-9a-z-]{1,64}$/.test(workbenchId) || userId === undefined) return undefined;
  if (!/^[0-9a-z-]{1,64}$/.test(runId) || !/^[1-9]\d{0,8}$/.test(attempt)) return undefined;
  return { userId, workbenchId, runId, attempt: Number(attempt) };
}

function environmentValueOf(overrides: TaskIdentityFields['overrides'], name: string): string | undefined {
  for (const container of overrides?.containerOverrides ?? []) {
    const found = container.environment?.find((variable) => variable.name === name);
    if (found !== undefined) return found.value;
  }
  return undefined;
}

function decodeStartedBy(startedBy: string): string | undefined {
  if (startedBy === '') return undefined;
  const userId = Buffer.from(startedBy, 'base64url').toString('utf8');
  return startedByOf(userId) === startedBy ? userId : undefined;
}
