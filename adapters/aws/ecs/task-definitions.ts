import {
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  type ECSClient,
  ListTaskDefinitionFamiliesCommand,
  ListTaskDefinitionsCommand,
  RegisterTaskDefinitionCommand,
  type TaskDefinition,
} from '@aws-sdk/client-ecs';
import type { DefinedWorkbench } from '#core/ports/task-runner.ts';
import { callAws, isAwsError, portError } from '../errors.ts';
import { familyOf, type TaskSettings, workbenchIdOfFamily } from './settings.ts';
import { digestOf, settingsDigestOf, taskDefinitionInput } from './task-definition-input.ts';

export type EcsClient = Pick<ECSClient, 'send'>;

/** Results per page; the maximum of ECS. */
const PAGE_SIZE = 100;

/**
 * The task definitions of workbenches. ECS allows one registration or deregistration per second, so old definitions are
 * deregistered by the cluster sweep and never during a start. After a change of the settings the sweep also registers the
 * new definitions, so that most starts find theirs.
 */
export class TaskDefinitions {
  readonly #client: EcsClient;
  readonly #settings: TaskSettings;

  constructor(client: EcsClient, settings: TaskSettings) {
    this.#client = client;
    this.#settings = settings;
  }

  /**
   * Registers the definition for a workbench, unless its newest one is the same.
   * @returns the ARN of the definition, including the revision
   * @throws PortError `throttled` if registrations are throttled; nothing happened
   */
  async ensure(workbench: DefinedWorkbench): Promise<string> {
    const { arn } = await this.#registerUnlessCurrent(workbench);
    return arn;
  }

  /** Does what `ensure` does, before a start needs it. */
  async registerAhead(workbench: DefinedWorkbench): Promise<'registered' | 'current'> {
    const { registered } = await this.#registerUnlessCurrent(workbench);
    return registered ? 'registered' : 'current';
  }

  /** A digest of the settings. While it is the same, a definition that was registered with them stays current. */
  settingsDigest(): string {
    return settingsDigestOf(this.#settings);
  }

  async #registerUnlessCurrent(
    workbench: DefinedWorkbench,
  ): Promise<{ readonly arn: string; readonly registered: boolean }> {
    const { digest, input } = taskDefinitionInput(this.#settings, workbench);
    const newest = await this.#describeNewest(workbench.workbenchId);
    if (newest?.taskDefinitionArn !== undefined && digestOf(newest.containerDefinitions) === digest) {
      return { arn: newest.taskDefinitionArn, registered: false };
    }
    const { taskDefinition: registered } = await callAws('ecs', 'RegisterTaskDefinition', () =>
      this.#client.send(new RegisterTaskDefinitionCommand(input)),
    );
    const arn = registered?.taskDefinitionArn;
    if (arn === undefined)
      throw portError('ecs', 'RegisterTaskDefinition', new Error('the response has no ARN'));
    return { arn, registered: true };
  }

  /** Lists the workbenches that have active task definitions, in pages of at most 100. */
  async list(
    cursor?: string,
  ): Promise<{ readonly workbenchIds: readonly string[]; readonly cursor?: string }> {
    const { families = [], nextToken } = await callAws('ecs', 'ListTaskDefinitionFamilies', () =>
      this.#client.send(
        new ListTaskDefinitionFamiliesCommand({
          familyPrefix: familyOf(this.#settings, ''),
          status: 'ACTIVE',
          maxResults: PAGE_SIZE,
          ...(cursor === undefined ? {} : { nextToken: cursor }),
        }),
      ),
    );
    const workbenchIds = families.flatMap((family) => workbenchIdOfFamily(this.#settings, family) ?? []);
    return { workbenchIds, ...(nextToken === undefined ? {} : { cursor: nextToken }) };
  }

  /**
   * Deregisters old revisions, at most `limit` of them, one after another. Running tasks continue.
   * @param keep `newest` for a workbench that may start again, `none` for one that is deleted
   * @returns the number of deregistered revisions, and whether there are more
   */
  async prune(
    workbenchId: string,
    keep: 'newest' | 'none',
    limit: number,
  ): Promise<{ readonly deleted: number; readonly more: boolean }> {
    const family = familyOf(this.#settings, workbenchId);
    const { taskDefinitionArns = [], nextToken } = await callAws('ecs', 'ListTaskDefinitions', () =>
      this.#client.send(
        new ListTaskDefinitionsCommand({
          familyPrefix: family,
          status: 'ACTIVE',
          sort: 'DESC',
          maxResults: PAGE_SIZE,
        }),
      ),
    );
    // ECS also lists families whose names begin with this one.
    const revisions = taskDefinitionArns.filter((arn) =>
      arn.slice(arn.lastIndexOf('/') + 1).startsWith(`${family}:`),
    );
    const old = keep === 'newest' ? revisions.slice(1) : revisions;
    for (const arn of old.slice(0, limit)) await this.#deregister(arn);
    return { deleted: Math.min(old.length, limit), more: old.length > limit || nextToken !== undefined };
  }

  async #describeNewest(workbenchId: string): Promise<TaskDefinition | undefined> {
    try {
      const { taskDefinition: newest } = await this.#client.send(
        new DescribeTaskDefinitionCommand({ taskDefinition: familyOf(this.#settings, workbenchId) }),
      );
      return newest?.status === 'ACTIVE' ? newest : undefined;
    } catch (error) {
      // ECS returns this error if the family has no active definition.
      if (isAwsError(error, 'clientException')) return undefined;
      throw portError('ecs', 'DescribeTaskDefinition', error);
    }
  }

  async #deregister(arn: string): Promise<void> {
    try {
      await this.#client.send(new DeregisterTaskDefinitionCommand({ taskDefinition: arn }));
    } catch (error) {
      // The definition no longer exists or is no longer active.
      if (!isAwsError(error, 'clientException', 'invalidParameter')) {
        throw portError('ecs', 'DeregisterTaskDefinition', error);
      }
    }
  }
}
