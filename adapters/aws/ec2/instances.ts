import {
  DescribeInstancesCommand,
  type EC2Client,
  type Filter,
  type Instance,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { INSTALLATION_TAG } from '#contract/tags.ts';
import { INSTANCE_STATES, type InstanceState } from '#core/ports/host-fleet.ts';
import type { InstanceOperations } from '../ecs/container-instances.ts';
import { callAws, isAwsError, portError } from '../errors.ts';
import type { CheckSendDeadline } from '../send-deadline.ts';

export type Ec2Client = Pick<EC2Client, 'send'>;

/** Results per page, and the most ids in one filter. */
const PAGE_SIZE = 100;

/** The id of an EC2 instance. The id of an external instance (ECS Anywhere) begins with `mi-`; EC2 does not know it. */
const EC2_INSTANCE_ID = /^i-/;

/**
 * The EC2 instances of an installation: those with its tag. All other instances are ignored, except by `states`: an
 * instance without the tag may run tasks of this installation, so its absence from `describe` does not prove that they
 * have ended.
 */
export class Ec2Instances implements InstanceOperations {
  readonly #client: Ec2Client;
  readonly #installation: string;

  constructor(client: Ec2Client, installation: string) {
    this.#client = client;
    this.#installation = installation;
  }

  async states(instanceIds: readonly string[]): Promise<ReadonlyMap<string, InstanceState>> {
    const ec2Ids = instanceIds.filter((id) => EC2_INSTANCE_ID.test(id));
    const known = indexById(ec2Ids.length === 0 ? [] : await this.#findAllPages([instanceIdFilter(ec2Ids)]));
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

  /** Returns those of these instances that belong to the installation, by id. At most 100. */
  async describe(instanceIds: readonly string[]): Promise<ReadonlyMap<string, Instance>> {
    if (instanceIds.length === 0) return new Map();
    return indexById(await this.findAll([instanceIdFilter(instanceIds)]));
  }

  /** Returns all instances of the installation that match the filters, over all pages. Only for filters with few matches. */
  async findAll(filters: readonly Filter[]): Promise<readonly Instance[]> {
    return (await this.#findAllPages([this.#installationFilter, ...filters])).filter((instance) =>
      this.#hasInstallationTag(instance),
    );
  }

  /** Returns one page of the installation's instances that match the filters. An empty page need not be the last one. */
  async find(filters: readonly Filter[], cursor?: string): Promise<Page> {
    const { instances, ...rest } = await this.#page([this.#installationFilter, ...filters], cursor);
    return { instances: instances.filter((instance) => this.#hasInstallationTag(instance)), ...rest };
  }

  /**
   * Reads all pages: EC2 may return a short or empty page together with a token. If only the first page were read, a live
   * instance could be regarded as terminated.
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

  /** Checked again on the client, so that an endpoint that ignores filters cannot make the controller change others' instances. */
  #hasInstallationTag(instance: Instance): boolean {
    return tagOf(instance, INSTALLATION_TAG) === this.#installation;
  }
}

interface Page {
  readonly instances: readonly Instance[];
  readonly cursor?: string;
}

/** Returns a filter to use instead of `InstanceIds`, with which DescribeInstances fails as a whole if one of them is unknown. */
function instanceIdFilter(instanceIds: readonly string[]): Filter {
  return { Name: 'instance-id', Values: [...new Set(instanceIds)] };
}

function indexById(instances: readonly Instance[]): ReadonlyMap<string, Instance> {
  return new Map(instances.map((instance) => [instance.InstanceId ?? '', instance]));
}

export function tagOf({ Tags }: Pick<Instance, 'Tags'>, name: string): string | undefined {
  return Tags?.find(({ Key }) => Key === name)?.Value;
}

/** An absent or unknown state counts as `pending`, from which the controller concludes nothing. */
export function stateOf({ State }: Pick<Instance, 'State'>): InstanceState {
  return INSTANCE_STATES.find((state) => state === State?.Name) ?? 'pending';
}
