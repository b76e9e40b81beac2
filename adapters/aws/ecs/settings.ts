/** What the tasks of an installation have in common. */
export interface TaskSettings {
  /** Name or ARN of the ECS cluster. */
  readonly cluster: string;
  /** Begins the name of every task definition; 1-64 letters, digits, hyphens and underscores. Tells installations apart. */
  readonly familyPrefix: string;
  /** The image of a workbench; a change reaches a workbench at its next start. */
  readonly image: string;
  /** What a workbench boots with instead of the image's own command: for `sh -c`, in the project folder. */
  readonly bootCommand?: string | undefined;
  /** The port on which the workbench's container answers HTTP. */
  readonly port: number;
  /** Where the volume is mounted, absolute. The project folder is `project` in it. @default /workspace */
  readonly mountPath?: string;
  /** The image's own user, who owns the volume's files. @default 1000 each */
  readonly uid?: number;
  readonly gid?: number;
  /** For `sh -c` in the container, at most every 5 s: ends with 0 once it answers HTTP, whatever it answers. @default curl */
  readonly healthCommand?: string;
  /** Where people reach a workbench. */
  readonly baseUrl: (workbenchId: string) => string;
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly executionRoleArn?: string | undefined;
  readonly taskRoleArn?: string | undefined;
  /** CloudWatch log group and region for what the containers print; none: it is not kept. */
  readonly logs?: { readonly group: string; readonly region: string } | undefined;
  /** Tags of each task and task definition, beside the workbench's own; for cost allocation. */
  readonly tags?: Readonly<Record<string, string>>;
}

export const WORKBENCH_CONTAINER = 'workbench';
/** Waits until the workbench is healthy, and does nothing. */
export const READINESS_CONTAINER = 'ready';

export function mountPathOf(settings: TaskSettings): string {
  return settings.mountPath ?? '/workspace';
}

/** The folder in which people work. */
export function projectPathOf(settings: TaskSettings): string {
  return `${mountPathOf(settings)}/project`;
}

/** The name under which a workbench's task definitions are registered. */
export function familyOf(settings: Pick<TaskSettings, 'familyPrefix'>, workbenchId: string): string {
  return `${settings.familyPrefix}-${workbenchId}`;
}

/**
 * The workbench whose family it is; undefined for a family that is not ours. An id has no hyphen in it: where one
 * follows, it is of an installation whose name begins like ours.
 */
export function workbenchIdOfFamily(
  settings: Pick<TaskSettings, 'familyPrefix'>,
  family: string,
): string | undefined {
  const prefix = familyOf(settings, '');
  if (!family.startsWith(prefix)) return undefined;
  const workbenchId = family.slice(prefix.length);
  return workbenchId.includes('-') ? undefined : workbenchId;
}

/** Tags as ECS and EC2 both take them: of the user id only the base64url form is sure to be allowed. */
export function tagList(tags: Readonly<Record<string, string>>): { key: string; value: string }[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}
