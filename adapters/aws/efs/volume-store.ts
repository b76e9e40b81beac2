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
  VolumeSlice,
  VolumeStore,
} from '#core/ports/volume-store.ts';
import { callAws, errorNameOf, isAwsError, portError } from '../errors.ts';
import { type Janitor, VOLUME_NAME_PATTERN, type VolumeLocation } from './janitor.ts';

export type EfsClient = Pick<EFSClient, 'send'>;

export interface EfsSettings {
  /**
   * The file systems. A hash of the workbench id selects one for a new volume, which stays there when more file systems are
   * added. A file system that contains volumes must stay in the list.
   */
  readonly fileSystemIds: readonly [string, ...string[]];
  /** The parent directory of the volumes on each file system. @default /workbenches */
  readonly parentPath?: string;
  /** The user and group of the image. The access points enforce them for every access. @default 1000 each */
  readonly uid?: number;
  readonly gid?: number;
  /** Additional tags of each access point; the IAM policies check them on creation and deletion. @default none */
  readonly tags?: Readonly<Record<string, string>>;
}

/** Results per page; the maximum of EFS. */
const PAGE_SIZE = 100;
/** From how many file systems a slice deletes at the same time. Each occupies an invocation of a janitor. */
const FILE_SYSTEMS_AT_ONCE = 4;
/**
 * `drive-delete` has 70 s for a slice, and the janitor takes up to 50 s on a file system. So a slice begins no further file
 * system after this time, in milliseconds.
 */
const FILE_SYSTEMS_WITHIN_MS = 20_000;
/** The first slice also deletes the access point. After this time it leaves the files to the next slice. Milliseconds. */
const FILES_WITHIN_MS = 40_000;
const CREATED_AT_TAG = 'workbench:created-at';

/**
 * Volumes as directories on EFS. Each has an access point that enforces its directory and its user. The access point and
 * the task definition that names it isolate workbenches from each other. A mount is `{ fileSystemId, accessPointId }`.
 *
 * EFS creates the directory at the first mount. Deleting the access point does not delete the directory.
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
        return toRefusal('The files of this workbench are in quarantine. Contact an operator.', false);
    }
    const existing = await this.#findFileSystems(workbenchId);
    if (existing.length > 1)
      return toRefusal(
        'The files of this workbench are on several file systems. Contact an operator.',
        false,
      );
    const fileSystemId = existing[0] ?? this.#chooseFileSystem(workbenchId);
    try {
      const { accessPointId, state } = await this.#ensureAccessPoint(fileSystemId, workbenchId);
      const ready = state === 'available' || (state !== 'creating' && (await this.#isReady(accessPointId)));
      return { kind: ready ? 'ready' : 'creating', mount: { fileSystemId, accessPointId } };
    } catch (error) {
      const refusal = isAwsError(error, 'accessPointLimit', 'noSuchFileSystem', 'notReady');
      if (!refusal) throw portError('efs', 'CreateAccessPoint', error);
      return toRefusal(
        `EFS cannot provide the storage for the files at present (${errorNameOf(error)}). Try again later.`,
        true,
      );
    }
  }

  /**
   * Deletes from some file systems at the same time, so that their durations do not add up. A slice that begins no further
   * file system has usually waited for files that were deleted. The next slice does not wait for these and gets further.
   */
  async deleteSlice(workbenchId: string): Promise<DeletionProgress> {
    const { fileSystemIds } = this.#settings;
    const startedAt = this.#clock.now();
    const total = { done: true, deleted: 0 };
    for (let from = 0; from < fileSystemIds.length; from += FILE_SYSTEMS_AT_ONCE) {
      if (this.#clock.now() - startedAt >= FILE_SYSTEMS_WITHIN_MS) return { ...total, done: false };
      const group = fileSystemIds.slice(from, from + FILE_SYSTEMS_AT_ONCE);
      const slices = await Promise.allSettled(
        group.map((fileSystemId) => this.#deleteSliceOn({ fileSystemId, workbenchId }, startedAt)),
      );
      for (const slice of slices) {
        if (slice.status === 'rejected') throw slice.reason;
        total.done &&= slice.value.done;
        total.deleted += slice.value.deleted;
      }
    }
    return total;
  }

  async #deleteSliceOn(location: VolumeLocation, startedAt: number): Promise<DeletionProgress> {
    const { detached } = await this.#janitor.writeTombstone(location);
    if (!detached) {
      await this.#deleteAccessPoint(location.fileSystemId, location.workbenchId);
      await this.#janitor.markDetached(location);
      if (this.#clock.now() - startedAt >= FILES_WITHIN_MS) return { done: false, deleted: 0 };
    }
    return this.#janitor.removeSome(location);
  }

  /** A file system at a time; the cursor is its index and the cursor of its janitor. */
  async measureSlice(workbenchId: string, cursor = '0 '): Promise<VolumeSlice> {
    const [index = '0', position = ''] = cursor.split(' ');
    const { fileSystemIds } = this.#settings;
    const fileSystemId = fileSystemIds[Number(index)];
    if (fileSystemId === undefined) return { bytes: 0 };
    const slice = await this.#janitor.measureSome(
      { fileSystemId, workbenchId },
      position === '' ? undefined : position,
    );
    const next = slice.cursor === undefined ? Number(index) + 1 : Number(index);
    return next >= fileSystemIds.length
      ? { bytes: slice.bytes }
      : { bytes: slice.bytes, cursor: `${next} ${slice.cursor ?? ''}` };
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

  /** Lists per file system: first the access points that have no directory yet, then the directories. */
  async list(cursor?: string): Promise<{ volumes: readonly VolumeObservation[]; cursor?: string }> {
    const { index, part, position } = parseCursor(cursor);
    const fileSystemId = this.#settings.fileSystemIds[index];
    if (fileSystemId === undefined) return { volumes: [] };
    if (part === 'points') {
      const { points, next } = await this.#listAccessPoints(fileSystemId, position);
      const withDirectory = new Set(
        await this.#janitor.findExisting(
          fileSystemId,
          points.map(({ workbenchId }) => workbenchId),
        ),
      );
      const volumes = points.filter(({ workbenchId }) => !withDirectory.has(workbenchId));
      return { volumes, cursor: next === undefined ? `${index} folders ` : `${index} points ${next}` };
    }
    const page = await this.#janitor.list(fileSystemId, position === '' ? undefined : position);
    if (page.cursor !== undefined) {
      return { volumes: page.directories, cursor: `${index} folders ${page.cursor}` };
    }
    const last = index + 1 >= this.#settings.fileSystemIds.length;
    return { volumes: page.directories, ...(last ? {} : { cursor: `${index + 1} points ` }) };
  }

  /**
   * Creates the access point or returns the existing one. The client token contains the workbench id, so there is only one.
   * Its state is undefined if EFS does not say it: an error names the existing one.
   */
  async #ensureAccessPoint(
    fileSystemId: string,
    workbenchId: string,
  ): Promise<{ accessPointId: string; state: string | undefined }> {
    const { uid = 1000, gid = 1000 } = this.#settings;
    const tags = {
      ...this.#settings.tags,
      Name: `workbench ${workbenchId}`,
      [WORKBENCH_TAG]: workbenchId,
      [CREATED_AT_TAG]: String(this.#clock.now()),
    };
    try {
      const created = await this.#client.send(
        new CreateAccessPointCommand({
          FileSystemId: fileSystemId,
          // AWS does not document whether a client token is unique per account or per file system.
          ClientToken: `${fileSystemId}/${workbenchId}`,
          PosixUser: { Uid: uid, Gid: gid },
          RootDirectory: {
            Path: `${this.#parent}/${workbenchId}`,
            CreationInfo: { OwnerUid: uid, OwnerGid: gid, Permissions: '0700' },
          },
          Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
        }),
      );
      if (created.AccessPointId === undefined)
        throw new PortError('unavailable', 'efs CreateAccessPoint: the response has no id');
      return { accessPointId: created.AccessPointId, state: created.LifeCycleState };
    } catch (error) {
      const existingId = (error as { readonly AccessPointId?: unknown }).AccessPointId;
      if (!isAwsError(error, 'accessPointExists') || typeof existingId !== 'string') throw error;
      return { accessPointId: existingId, state: undefined };
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
   * Deletes the access point if it exists. Creating it with its token is the only way to find it in one call: a list of
   * all access points of a file system takes up to a hundred calls.
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
    let position = '';
    for (;;) {
      const { points, next } = await this.#listAccessPoints(fileSystemId, position);
      const found = points.find((point) => point.workbenchId === workbenchId);
      if (found !== undefined || next === undefined) return found?.accessPointId;
      position = next;
    }
  }

  async #listAccessPoints(fileSystemId: string, position: string) {
    const { AccessPoints = [], NextToken } = await callAws('efs', 'DescribeAccessPoints', () =>
      this.#client.send(
        new DescribeAccessPointsCommand({
          FileSystemId: fileSystemId,
          MaxResults: PAGE_SIZE,
          ...(position === '' ? {} : { NextToken: position }),
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
    // Somebody may have created an access point for `.quarantine` or for a directory within a volume. The janitor would
    // refuse the whole request because of such a name.
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
   * The file systems that contain the directory of the volume, even if it was created when there were fewer file systems. A
   * file system without the directory was never mounted for it and has no files of it. With one file system the janitor is
   * not called.
   */
  async #findFileSystems(workbenchId: string): Promise<readonly string[]> {
    const { fileSystemIds } = this.#settings;
    if (fileSystemIds.length === 1) return fileSystemIds;
    const present = await Promise.all(
      fileSystemIds.map((fileSystemId) => this.#janitor.findExisting(fileSystemId, [workbenchId])),
    );
    return fileSystemIds.filter((_, index) => present[index]?.includes(workbenchId));
  }

  /**
   * Chooses the file system of a new volume (rendezvous hashing): when a file system is added, the choice either does not
   * change or becomes the added one.
   */
  #chooseFileSystem(workbenchId: string): string {
    const weight = (fileSystemId: string) =>
      createHash('sha256').update(`${fileSystemId}/${workbenchId}`).digest('hex');
    return this.#settings.fileSystemIds.reduce((best, next) => (weight(next) > weight(best) ? next : best));
  }
}

function parseCursor(cursor: string | undefined): {
  index: number;
  part: 'points' | 'folders';
  position: string;
} {
  const [, index = '0', part = 'points', position = ''] =
    /^(\d+) (points|folders) (.*)$/s.exec(cursor ?? '') ?? [];
  return { index: Number(index), part: part === 'folders' ? 'folders' : 'points', position };
}

function toRefusal(message: string, retryable: boolean): VolumeOutcome {
  return { kind: 'refused', code: 'storage_failed', message, retryable };
}
