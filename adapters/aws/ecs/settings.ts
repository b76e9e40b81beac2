import type { ActivityEndpoint, RunIdentity } from '../../run-token.ts';

/** What all tasks of an installation have in common. */
export interface TaskSettings {
  /** Name or ARN of the ECS cluster. */
  readonly cluster: string;
  /** Prefix of the family of every task definition; it distinguishes installations. 1-64 letters, digits, hyphens, underscores. */
  readonly familyPrefix: string;
  /** The image of workbenches. A change applies to a workbench at its next start. */
  readonly image: string;
  /** Replaces the command of the image: a command for `sh -c`, executed in the project folder. */
  readonly bootCommand?: string | undefined;
  /** The HTTP port of the workbench's container. */
  readonly port: number;
  /** Absolute path at which the volume is mounted: a folder that the image does not have. */
  readonly mountPath: string;
  /** User and group of the containers. They own the files of the volume. @default 1000 each */
  readonly uid?: number;
  readonly gid?: number;
  /** Health check for `sh -c` in the container. Exits with 0 within 5 s if the workbench is ready. @default HEALTH_PROBE */
  readonly healthCommand?: string | undefined;
  /** The URL under which users open a workbench. */
  readonly baseUrl: (workbenchId: string) => string;
  /** Where the programs of a run report activity. @throws PortError @default nowhere */
  readonly activity?: ((run: RunIdentity) => Promise<ActivityEndpoint>) | undefined;
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly executionRoleArn?: string | undefined;
  readonly taskRoleArn?: string | undefined;
  /** CloudWatch log group and region for the output of the containers. @default the output is not stored */
  readonly logs?: { readonly group: string; readonly region: string } | undefined;
  /** Additional tags of each task and task definition, for cost allocation. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** A container that starts when the workbench is healthy, and then sleeps. */
export const READINESS_CONTAINER = 'ready';

/** The family of a workbench's task definitions. */
export function familyOf(settings: Pick<TaskSettings, 'familyPrefix'>, workbenchId: string): string {
  return `${settings.familyPrefix}-${workbenchId}`;
}

/**
 * The workbench that this family belongs to; undefined for a family of another installation. A workbench id contains no
 * hyphen: if one follows the prefix, the family belongs to an installation whose name begins with this one's.
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

/** Tags in the format of ECS. A user id must be passed as base64url, because tags do not allow all of its characters. */
export function tagList(tags: Readonly<Record<string, string>>): { key: string; value: string }[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}
