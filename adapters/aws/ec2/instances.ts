import {
  DescribeInstancesCommand,
  type EC2Client,
  type Filter,
  type Instance,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { INSTANCE_STATES, type InstanceState } from '#core/ports/host-fleet.ts';
import type { InstanceOperations } from '../ecs/container-instances.ts';
import { callAws, isAwsError, portError } from '../errors.ts';
import type { CheckSendDeadline } from '../send-deadline.ts';
import { INSTALLATION_TAG } from './settings.ts';

export type Ec2Client = Pick<EC2Client, 'send'>;

/** The largest page asked for; as many ids fit one filter. */
const PAGE_SIZE = 100;

/** What the ids of EC2 look like; an instance registered from elsewhere (ECS Anywhere) is `mi-…`, and not EC2's. */
const EC2_INSTANCE_ID = /^i-/;

/**
 * The EC2 instances of an installation: all that carry its tag. Others are as good as not there, except that their
 * state is told: a machine without the tag may run tasks of ours, and is no proof that they have ended.
 */
export class Ec2Instances implements InstanceOperations {
  readonly #client: Ec2Client;
  readonly #installation: string;

  constructor(client: Ec2Client, installation: string) {
    this.#client = client;
    this.#installation = installation;
  }

  async states(instanceIds: readonly string[]): Promise<ReadonlyMap<string, InstanceState>> {
    const asked = instanceIds.filter((id) => EC2_INSTANCE_ID.test(id));
    const known = byId(asked.length === 0 ? [] : await this.#findAllPages([instanceIdFilter(asked)]));
    return new Map(
      instanceIds.map((id) => {
        const instance = known.get(id);
        if (instance !== undefined) return [id, stateOf(instance)];
        return [id, EC2_INSTANCE_ID.test(id) ? 'terminated' : 'pending'];
      }),
    );
  }

  async terminate(instanceId: string, checkSendDeadline: CheckSendDeadline): Promise<void> {
    if (!(await this.describe([instanceId])).has(instanceId)) return;
    checkSendDeadline('ec2', 'TerminateInstances');
    try {
      await this.#client.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    } catch (error) {
      if (!isAwsError(error, 'noSuchInstance')) throw portError('ec2', 'TerminateInstances', error);
    }
  }

  /** Those of these that are ours, by id; at most 100. */
  async describe(instanceIds: readonly string[]): Promise<ReadonlyMap<string, Instance>> {
    if (instanceIds.length === 0) return new Map();
    return byId(await this.findAll([instanceIdFilter(instanceIds)]));
  }

  /** All that are ours and fit the filters, of which there must be few. */
  async findAll(filters: readonly Filter[]): Promise<readonly Instance[]> {
    return (await this.#findAllPages([this.#installationFilter, ...filters])).filter((instance) =>
      this.#hasInstallationTag(instance),
    );
  }

  /** A page of those that are ours and fit the filters. One that is empty need not be the last. */
  async find(filters: readonly Filter[], cursor?: string): Promise<Page> {
    const { instances, ...rest } = await this.#page([this.#installationFilter, ...filters], cursor);
    return { instances: instances.filter((instance) => this.#hasInstallationTag(instance)), ...rest };
  }

  /**
   * What fits the filters, over all pages: EC2 may answer fewer than there are, or none, and a token. Who took the first
   * page for all would take for terminated what lives.
   */
  async #findAllPages(filters: readonly Filter[]): Promise<readonly Instance[]> {
    const found: Instance[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.#page(filters, cursor);
      found.push(...page.instances);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return found;
  }

  async #page(filters: readonly Filter[], cursor: string | undefined): Promise<Page> {
    const { Reservations = [], NextToken } = await callAws('ec2', 'DescribeInstances', () =>
      this.#client.send(
        new DescribeInstancesCommand({
          Filters: [...filters],
          MaxResults: PAGE_SIZE,
          ...(cursor === undefined ? {} : { NextToken: cursor }),
        }),
      ),
    );
    const instances = Reservations.flatMap(({ Instances = [] }) => Instances);
    return { instances, ...(NextToken ? { cursor: NextToken } : {}) };
  }

  get #installationFilter(): Filter {
    return { Name: `tag:${INSTALLATION_TAG}`, Values: [this.#installation] };
  }

  /** What an endpoint makes of a filter is its affair; what is touched is ours. */
  #hasInstallationTag(instance: Instance): boolean {
    return tagOf(instance, INSTALLATION_TAG) === this.#installation;
  }
}

interface Page {
  readonly instances: readonly Instance[];
  readonly cursor?: string;
}

/** A filter, which one unknown id does not make fail. */
function instanceIdFilter(instanceIds: readonly string[]): Filter {
  return { Name: 'instance-id', Values: [...new Set(instanceIds)] };
}

function byId(instances: readonly Instance[]): ReadonlyMap<string, Instance> {
  return new Map(instances.map((instance) => [instance.InstanceId ?? '', instance]));
}

export function tagOf({ Tags }: Pick<Instance, 'Tags'>, name: string): string | undefined {
  return Tags?.find(({ Key }) => Key === name)?.Value;
}

/** A state that EC2 does not name, or not yet, counts as `pending`: nothing is concluded from it. */
export function stateOf({ State }: Pick<Instance, 'State'>): InstanceState {
  return INSTANCE_STATES.find((state) => state === State?.Name) ?? 'pending';
}
