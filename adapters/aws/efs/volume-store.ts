import { createHash } from 'node:crypto';
import {
  type AccessPointDescription,
  CreateAccessPointCommand,
  DeleteAccessPointCommand,
  DescribeAccessPointsCommand,
  type EFSClient,
} from '@aws-sdk/client-efs';
import { WORKBENCH_TAG } from '#contract/tags.ts';
import type { Clock } from '#core/ports/clock.ts';
import { PortError } from '#core/ports/port-error.ts';
import type {
  DeletionProgress,
  VolumeObservation,
  VolumeOutcome,
  VolumeStore,
} from '#core/ports/volume-store.ts';
import { callAws, errorNameOf, isAwsError, portError } from '../errors.ts';
import { type Janitor, VOLUME_NAME_PATTERN } from './janitor.ts';

export type EfsClient = Pick<EFSClient, 'send'>;

export interface EfsSettings {
  /**
   * The file systems, 1 or more: a new volume goes to one of them by its name, and stays there when more are added. One
   * that holds volumes must stay in the list.
   */
  readonly fileSystemIds: readonly [string, ...string[]];
  /** The directory that holds the volumes' directories, on each file system. @default /workbenches */
  readonly parentPath?: string;
  /** The image's own user, as whom every access is made. @default 1000 each */
  readonly uid?: number;
  readonly gid?: number;
  /** Of each access point, beside the workbench's own: what it may be made and deleted by. @default none */
  readonly tags?: Readonly<Record<string, string>>;
}

/** EFS's own page. */
const PAGE_SIZE = 100;
const CREATED_AT_TAG = 'workbench:created-at';

/**
 * Volumes as directories on EFS, each behind an access point of its own that forces its directory and its user:
 * that, and the task definition that names it, is what keeps workbenches apart. A mount is
 * `{ fileSystemId, accessPointId }`.
 *
 * The directory comes into being when it is first mounted, and outlives its access point.
 */
export class EfsVolumeStore implements VolumeStore {
  readonly #client: EfsClient;
  readonly #janitor: Janitor;
  readonly #settings: EfsSettings;
  readonly #clock: Clock;

  constructor(client: EfsClient, janitor: Janitor, settings: EfsSettings, clock: Clock) {
    this.#client = client;
    this.#janitor = janitor;
    this.#settings = settings;
    this.#clock = clock;
  }

  async ensure(workbenchId: string): Promise<VolumeOutcome> {
    for (const fileSystemId of this.#settings.fileSystemIds) {
      const marker = await this.#janitor.readMarker({ fileSystemId, workbenchId });
      if (marker === 'tombstone') return { kind: 'tombstoned' };
      if (marker === 'quarantine')
        return toRefusal('The files of this workbench have been set aside.', false);
    }
    const places = await this.#fileSystemsWith(workbenchId);
    if (places.length > 1)
      return toRefusal('The files of this workbench are on several file systems.', false);
    const fileSystemId = places[0] ?? this.#chooseFileSystem(workbenchId);
    try {
      const { accessPointId, ready } = await this.#ensureAccessPoint(fileSystemId, workbenchId);
      if (ready || (await this.#isReady(accessPointId))) {
        return { kind: 'ready', mount: { fileSystemId, accessPointId } };
      }
    } catch (error) {
      const refusal = isAwsError(error, 'accessPointLimit', 'noSuchFileSystem', 'notReady');
      if (!refusal) throw portError('efs', 'CreateAccessPoint', error);
      return toRefusal(`The storage for its files cannot be made just now (${errorNameOf(error)}).`, true);
    }
    throw new PortError('unavailable', 'efs CreateAccessPoint: not available yet');
  }

  async deleteSlice(workbenchId: string): Promise<DeletionProgress> {
    let deleted = 0;
    for (const fileSystemId of this.#settings.fileSystemIds) {
      const place = { fileSystemId, workbenchId };
      const { detached } = await this.#janitor.writeTombstone(place);
      if (!detached) {
        await this.#deleteAccessPoint(fileSystemId, workbenchId);
        await this.#janitor.markDetached(place);
      }
      const progress = await this.#janitor.removeSome(place);
      deleted += progress.deleted;
      if (!progress.done) return { done: false, deleted };
    }
    return { done: true, deleted };
  }

  async deleteIfEmpty(workbenchId: string): Promise<'deleted' | 'not_empty'> {
    for (const fileSystemId of this.#settings.fileSystemIds) {
      const outcome = await this.#janitor.deleteIfEmpty({ fileSystemId, workbenchId });
      if (outcome === 'not_empty') return outcome;
      await this.#deleteAccessPoint(fileSystemId, workbenchId);
    }
    return 'deleted';
  }

  async quarantine(workbenchId: string): Promise<void> {
    for (const fileSystemId of this.#settings.fileSystemIds) {
      await this.#deleteAccessPoint(fileSystemId, workbenchId);
      await this.#janitor.quarantine({ fileSystemId, workbenchId });
    }
  }

  /** File system by file system: first what has an access point and no directory yet, then the directories. */
  async list(cursor?: string): Promise<{ volumes: readonly VolumeObservation[]; cursor?: string }> {
    const { index, part, at } = parseCursor(cursor);
    const fileSystemId = this.#settings.fileSystemIds[index];
    if (fileSystemId === undefined) return { volumes: [] };
    if (part === 'points') {
      const { points, next } = await this.#listAccessPoints(fileSystemId, at);
      const there = new Set(
        await this.#janitor.findExisting(
          fileSystemId,
          points.map(({ workbenchId }) => workbenchId),
        ),
      );
      const volumes = points.filter(({ workbenchId }) => !there.has(workbenchId));
      return { volumes, cursor: next === undefined ? `${index} folders ` : `${index} points ${next}` };
    }
    const page = await this.#janitor.list(fileSystemId, at === '' ? undefined : at);
    if (page.cursor !== undefined) {
      return { volumes: page.directories, cursor: `${index} folders ${page.cursor}` };
    }
    const last = index + 1 >= this.#settings.fileSystemIds.length;
    return { volumes: page.directories, ...(last ? {} : { cursor: `${index + 1} points ` }) };
  }

  /** Once for each workbench: its id is the token. */
  async #ensureAccessPoint(
    fileSystemId: string,
    workbenchId: string,
  ): Promise<{ accessPointId: string; ready: boolean }> {
    const { uid = 1000, gid = 1000 } = this.#settings;
    const tags = {
      ...this.#settings.tags,
      Name: `workbench ${workbenchId}`,
      [WORKBENCH_TAG]: workbenchId,
      [CREATED_AT_TAG]: String(this.#clock.now()),
    };
    try {
      const made = await this.#client.send(
        new CreateAccessPointCommand({
          FileSystemId: fileSystemId,
          // It is not documented whether a token counts for the account or for a file system.
          ClientToken: `${fileSystemId}/${workbenchId}`,
          PosixUser: { Uid: uid, Gid: gid },
          RootDirectory: {
            Path: `${this.#parent}/${workbenchId}`,
            CreationInfo: { OwnerUid: uid, OwnerGid: gid, Permissions: '0700' },
          },
          Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
        }),
      );
      if (made.AccessPointId === undefined)
        throw new PortError('unavailable', 'efs CreateAccessPoint: no id');
      return { accessPointId: made.AccessPointId, ready: made.LifeCycleState === 'available' };
    } catch (error) {
      const known = (error as { readonly AccessPointId?: unknown }).AccessPointId;
      if (!isAwsError(error, 'accessPointExists') || typeof known !== 'string') throw error;
      return { accessPointId: known, ready: false };
    }
  }

  async #isReady(accessPointId: string): Promise<boolean> {
    try {
      const { AccessPoints = [] } = await this.#client.send(
        new DescribeAccessPointsCommand({ AccessPointId: accessPointId }),
      );
      return AccessPoints[0]?.LifeCycleState === 'available';
    } catch (error) {
      if (isAwsError(error, 'noSuchAccessPoint')) return false;
      throw error;
    }
  }

  /**
   * Deletes the access point, whether there is one or not. It can be found by its token only, and that by
   * making it: listing all of a file system to find one would take up to a hundred calls.
   */
  async #deleteAccessPoint(fileSystemId: string, workbenchId: string): Promise<void> {
    let accessPointId: string;
    try {
      ({ accessPointId } = await this.#ensureAccessPoint(fileSystemId, workbenchId));
    } catch (error) {
      if (!isAwsError(error, 'accessPointLimit')) throw portError('efs', 'CreateAccessPoint', error);
      const found = await this.#findAccessPoint(fileSystemId, workbenchId);
      if (found === undefined) return;
      accessPointId = found;
    }
    try {
      await this.#client.send(new DeleteAccessPointCommand({ AccessPointId: accessPointId }));
    } catch (error) {
      if (!isAwsError(error, 'noSuchAccessPoint')) throw portError('efs', 'DeleteAccessPoint', error);
    }
  }

  async #findAccessPoint(fileSystemId: string, workbenchId: string): Promise<string | undefined> {
    let at = '';
    for (;;) {
      const { points, next } = await this.#listAccessPoints(fileSystemId, at);
      const found = points.find((point) => point.workbenchId === workbenchId);
      if (found !== undefined || next === undefined) return found?.accessPointId;
      at = next;
    }
  }

  async #listAccessPoints(fileSystemId: string, at: string) {
    const { AccessPoints = [], NextToken } = await callAws('efs', 'DescribeAccessPoints', () =>
      this.#client.send(
        new DescribeAccessPointsCommand({
          FileSystemId: fileSystemId,
          MaxResults: PAGE_SIZE,
          ...(at === '' ? {} : { NextToken: at }),
        }),
      ),
    );
    const points = AccessPoints.flatMap((point) => this.#parseAccessPoint(point) ?? []);
    return { points, next: NextToken };
  }

  #parseAccessPoint({ AccessPointId, RootDirectory, LifeCycleState, Tags }: AccessPointDescription) {
    const prefix = `${this.#parent}/`;
    const path = RootDirectory?.Path;
    if (AccessPointId === undefined || !path?.startsWith(prefix)) return undefined;
    if (LifeCycleState === 'deleting' || LifeCycleState === 'deleted') return undefined;
    const workbenchId = path.slice(prefix.length);
    // One made by hand, for `.quarantine` or for something within a volume: the janitor would refuse the whole page.
    if (!VOLUME_NAME_PATTERN.test(workbenchId)) return undefined;
    const createdAt = Number(Tags?.find(({ Key }) => Key === CREATED_AT_TAG)?.Value ?? Number.NaN);
    return {
      accessPointId: AccessPointId,
      workbenchId,
      ...(Number.isSafeInteger(createdAt) ? { createdAt } : {}),
    };
  }

  get #parent(): string {
    return this.#settings.parentPath ?? '/workbenches';
  }

  /**
   * The file systems that have its directory: where its files are, however many file systems there were when it was
   * made. One without a directory was never mounted, and holds nothing. Where there is one file system nobody is asked.
   */
  async #fileSystemsWith(workbenchId: string): Promise<readonly string[]> {
    const { fileSystemIds } = this.#settings;
    if (fileSystemIds.length === 1) return fileSystemIds;
    const present = await Promise.all(
      fileSystemIds.map((fileSystemId) => this.#janitor.findExisting(fileSystemId, [workbenchId])),
    );
    return fileSystemIds.filter((_, index) => present[index]?.includes(workbenchId));
  }

  /** Where a new one goes. When a file system is added, to that one or to where it would have gone before. */
  #chooseFileSystem(workbenchId: string): string {
    const weight = (fileSystemId: string) =>
      createHash('sha256').update(`${fileSystemId}/${workbenchId}`).digest('hex');
    return this.#settings.fileSystemIds.reduce((best, next) => (weight(next) > weight(best) ? next : best));
  }
}

function parseCursor(cursor: string | undefined): { index: number; part: 'points' | 'folders'; at: string } {
  const [, index = '0', part = 'points', at = ''] = /^(\d+) (points|folders) (.*)$/s.exec(cursor ?? '') ?? [];
  return { index: Number(index), part: part === 'folders' ? 'folders' : 'points', at };
}

function toRefusal(message: string, retryable: boolean): VolumeOutcome {
  return { kind: 'refused', code: 'storage_failed', message, retryable };
}
