/**
 * The workbench and run that a task belongs to. The controller writes them into the group, `startedBy` and the environment
 * of the task and reads them from there. Tags are not used: events do not contain them and stopped tasks lose them.
 */
export interface TaskIdentity {
  readonly userId: string;
  readonly workbenchId: string;
  readonly runId: string;
  /** 1 or more. */
  readonly attempt: number;
}

/** The fields of a task that contain its identity, as in a DescribeTasks response and in an event. */
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

const GROUP_PREFIX = 'workbench/';

export function groupOf(workbenchId: string): string {
  return `${GROUP_PREFIX}${workbenchId}`;
}

/** `startedBy` allows at most 128 letters, digits, `-` and `_`: enough for a user id of 96 bytes as base64url. */
export function startedByOf(userId: string): string {
  return Buffer.from(userId, 'utf8').toString('base64url');
}

/** Undefined for a task that the controller did not start. */
export function parseTaskIdentity({
  group,
  startedBy,
  overrides,
}: TaskIdentityFields): TaskIdentity | undefined {
  const workbenchId = group?.startsWith(GROUP_PREFIX) ? group.slice(GROUP_PREFIX.length) : '';
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
