import {
  DescribeInstancesCommand,
  type EC2Client,
  type Filter,
  type Instance,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { INSTANCE_STATES, type InstanceState } from '#core/ports/host-fleet.ts';
import type { Machines } from '../ecs/container-instances.ts';
import { calling, isAwsError, portError } from '../errors.ts';
import type { InTime } from '../in-time.ts';
import { INSTALLATION_TAG } from './settings.ts';

export type Ec2Client = Pick<EC2Client, 'send'>;

/** The largest page asked for; as many ids fit one filter. */
const PAGE = 100;

/** The EC2 instances of an installation: all that carry its tag. Others are as good as not there. */
export class Ec2Machines implements Machines {
  readonly #client: Ec2Client;
  readonly #installation: string;

  constructor(client: Ec2Client, installation: string) {
    this.#client = client;
    this.#installation = installation;
  }

  async states(instanceIds: readonly string[]): Promise<ReadonlyMap<string, InstanceState>> {
    const known = await this.describe(instanceIds);
    return new Map(
      instanceIds.map((id) => {
        const instance = known.get(id);
        return [id, instance === undefined ? 'terminated' : stateOf(instance)];
      }),
    );
  }

  async terminate(instanceId: string, checkInTime: InTime): Promise<void> {
    if (!(await this.describe([instanceId])).has(instanceId)) return;
    checkInTime('ec2', 'TerminateInstances');
    try {
      await this.#client.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    } catch (error) {
      if (!isAwsError(error, 'noSuchInstance')) throw portError('ec2', 'TerminateInstances', error);
    }
  }

  /** Those of these that are ours, by id; at most 100. Asked by filter, which one unknown id does not make fail. */
  async describe(instanceIds: readonly string[]): Promise<ReadonlyMap<string, Instance>> {
    if (instanceIds.length === 0) return new Map();
    const { instances } = await this.find([{ Name: 'instance-id', Values: [...new Set(instanceIds)] }]);
    return new Map(instances.map((instance) => [instance.InstanceId ?? '', instance]));
  }

  /** A page of those that are ours and fit the filters. */
  async find(
    filters: readonly Filter[],
    cursor?: string,
  ): Promise<{ readonly instances: readonly Instance[]; readonly cursor?: string }> {
    const { Reservations = [], NextToken } = await calling('ec2', 'DescribeInstances', () =>
      this.#client.send(
        new DescribeInstancesCommand({
          Filters: [{ Name: `tag:${INSTALLATION_TAG}`, Values: [this.#installation] }, ...filters],
          MaxResults: PAGE,
          ...(cursor === undefined ? {} : { NextToken: cursor }),
        }),
      ),
    );
    const found = Reservations.flatMap(({ Instances = [] }) => Instances);
    // What an endpoint makes of a filter is its affair; what is touched is ours.
    const instances = found.filter((instance) => tagOf(instance, INSTALLATION_TAG) === this.#installation);
    return { instances, ...(NextToken ? { cursor: NextToken } : {}) };
  }
}

export function tagOf({ Tags }: Pick<Instance, 'Tags'>, name: string): string | undefined {
  return Tags?.find(({ Key }) => Key === name)?.Value;
}

/** A state that EC2 does not name, or not yet, counts as `pending`: nothing is concluded from it. */
export function stateOf({ State }: Pick<Instance, 'State'>): InstanceState {
  return INSTANCE_STATES.find((state) => state === State?.Name) ?? 'pending';
}
