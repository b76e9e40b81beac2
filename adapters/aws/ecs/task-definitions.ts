import {
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  type ECSClient,
  ListTaskDefinitionFamiliesCommand,
  ListTaskDefinitionsCommand,
  RegisterTaskDefinitionCommand,
  type TaskDefinition,
} from '@aws-sdk/client-ecs';
import type { Mount } from '#core/ports/volume-store.ts';
import { callAws, isAwsError, portError } from '../errors.ts';
import { familyOf, type TaskSettings, workbenchIdOfFamily } from './settings.ts';
import { digestOf, taskDefinitionInput } from './task-definition-input.ts';

export type EcsClient = Pick<ECSClient, 'send'>;

/** A page of a listing, as large as ECS gives them. */
const PAGE_SIZE = 100;

/**
 * The task definitions of workbenches. Registration takes one a second and shares that with deregistration:
 * what is old is deleted by the audit, never on the way of a start.
 */
export class TaskDefinitions {
  readonly #client: EcsClient;
  readonly #settings: TaskSettings;

  constructor(client: EcsClient, settings: TaskSettings) {
    this.#client = client;
    this.#settings = settings;
  }

  /**
   * The definition that a workbench is to be run with, registered unless its newest one is just that.
   * @returns its ARN, revision included
   * @throws PortError `throttled` when registrations have to wait their turn
   */
  async ensure(workbenchId: string, mount: Mount): Promise<string> {
    const { digest, input } = taskDefinitionInput(this.#settings, workbenchId, mount);
    const newest = await this.#newest(workbenchId);
    if (newest?.taskDefinitionArn !== undefined && digestOf(newest.containerDefinitions) === digest) {
      return newest.taskDefinitionArn;
    }
    const { taskDefinition: registered } = await callAws('ecs', 'RegisterTaskDefinition', () =>
      this.#client.send(new RegisterTaskDefinitionCommand(input)),
    );
    const arn = registered?.taskDefinitionArn;
    if (arn === undefined) throw portError('ecs', 'RegisterTaskDefinition', new Error('no answer'));
    return arn;
  }

  /** The workbenches that have task definitions, in pages of at most 100. */
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
   * Deregisters old revisions, at most `limit` of them, one after another. Tasks that run go on.
   * @param keep `newest` of a workbench that may start again, `none` of one that is destroyed
   * @returns how many, and whether there are more
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
    // The prefix may be that of a longer name too.
    const ours = taskDefinitionArns.filter((arn) =>
      arn.slice(arn.lastIndexOf('/') + 1).startsWith(`${family}:`),
    );
    const old = keep === 'newest' ? ours.slice(1) : ours;
    for (const arn of old.slice(0, limit)) await this.#deregister(arn);
    return { deleted: Math.min(old.length, limit), more: old.length > limit || nextToken !== undefined };
  }

  async #newest(workbenchId: string): Promise<TaskDefinition | undefined> {
    try {
      const { taskDefinition: newest } = await this.#client.send(
        new DescribeTaskDefinitionCommand({ taskDefinition: familyOf(this.#settings, workbenchId) }),
      );
      return newest?.status === 'ACTIVE' ? newest : undefined;
    } catch (error) {
      // What ECS says when there is none.
      if (isAwsError(error, 'clientException')) return undefined;
      throw portError('ecs', 'DescribeTaskDefinition', error);
    }
  }

  async #deregister(arn: string): Promise<void> {
    try {
      await this.#client.send(new DeregisterTaskDefinitionCommand({ taskDefinition: arn }));
    } catch (error) {
      // It is not there, or not active, any more.
      if (!isAwsError(error, 'clientException', 'invalidParameter')) {
        throw portError('ecs', 'DeregisterTaskDefinition', error);
      }
    }
  }
}
