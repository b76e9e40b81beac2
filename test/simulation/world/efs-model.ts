import type {
  AccessPointDescription,
  CreateAccessPointCommandInput,
  DeleteAccessPointCommandInput,
  DescribeAccessPointsCommandInput,
} from '@aws-sdk/client-efs';
import type { Kernel } from '../kernel.ts';
import { type AwsCommand, awsError } from './aws-error.ts';
import type { Directory, GroundTruth } from './ground-truth.ts';
import type { HazardDraws, Hazards } from './hazards.ts';

interface AccessPoint {
  readonly id: string;
  readonly input: CreateAccessPointCommandInput;
  readonly path: string;
  /** Until this time the access point is `creating` and cannot be mounted. */
  readonly availableAt: number;
  /** Until this time mounts are refused. Not before `availableAt`. */
  readonly mountableAt: number;
  /** DescribeAccessPoints returns it from this time on. */
  readonly visibleAt: number;
}

/** The maximum number of access points of one file system. */
const ACCESS_POINTS_MAX = 10_000;
const PAGE_SIZE = 100;

/** EFS: file systems with access points, and the directories behind them. */
export class EfsModel {
  readonly accessPoints = new Map<string, AccessPoint>();
  readonly #byToken = new Map<string, AccessPoint>();
  readonly #fileSystemIds: ReadonlySet<string>;
  readonly #kernel: Kernel;
  readonly #draws: HazardDraws;
  readonly #truth: GroundTruth;
  readonly #tokenConflicts: boolean;
  readonly #tokensAccountWide: boolean;
  #count = 0;

  constructor(kernel: Kernel, draws: HazardDraws, fileSystemIds: readonly string[], truth: GroundTruth) {
    this.#kernel = kernel;
    this.#draws = draws;
    this.#truth = truth;
    this.#fileSystemIds = new Set(fileSystemIds);
    this.#tokenConflicts = draws.happens('accessPointTokenConflicts');
    this.#tokensAccountWide = draws.happens('accessPointTokenAccountWide');
  }

  handle(command: AwsCommand): unknown {
    const { input } = command;
    switch (command.constructor.name) {
      case 'CreateAccessPointCommand':
        return this.#create(input as CreateAccessPointCommandInput);
      case 'DescribeAccessPointsCommand':
        return this.#describe(input as DescribeAccessPointsCommandInput);
      case 'DeleteAccessPointCommand':
        return this.#delete(input as DeleteAccessPointCommandInput);
      default:
        throw new Error(`EFS is not modelled for ${command.constructor.name}`);
    }
  }

  /**
   * Returns the directory of an access point, and creates it on the first mount. Undefined if the access point cannot be
   * mounted.
   */
  mount(fileSystemId: string, accessPointId: string): Directory | undefined {
    const point = this.accessPoints.get(accessPointId);
    if (point === undefined || point.input.FileSystemId !== fileSystemId) return undefined;
    if (point.mountableAt > this.#kernel.now()) return undefined;
    const key = `${fileSystemId}:${point.path}`;
    const existing = this.#truth.directories.get(key);
    if (existing !== undefined) return existing;
    const directory: Directory = {
      fileSystemId,
      path: point.path,
      createdAt: this.#kernel.now(),
      files: new Map(),
      measurements: [],
      mountedBy: new Set(),
    };
    this.#truth.directories.set(key, directory);
    return directory;
  }

  #create(input: CreateAccessPointCommandInput) {
    const { FileSystemId = '', ClientToken = '', RootDirectory, PosixUser } = input;
    this.#checkFileSystem(FileSystemId);
    if (!/^.{1,64}$/.test(ClientToken)) throw awsError('BadRequest', 'The token is not valid.');
    if (this.#draws.happens('accessPointThrottled'))
      throw awsError('ThrottlingException', 'Rate exceeded', {}, 429);
    const token = this.#tokenOf(FileSystemId, ClientToken);
    const known = this.#byToken.get(token);
    if (known !== undefined) {
      if (!this.#tokenConflicts) return this.#describeAccessPoint(known);
      throw awsError(
        'AccessPointAlreadyExists',
        'The access point exists.',
        { ErrorCode: 'AccessPointAlreadyExists', AccessPointId: known.id },
        409,
      );
    }
    if (PosixUser === undefined || RootDirectory?.CreationInfo === undefined) {
      throw awsError('BadRequest', 'Without PosixUser and CreationInfo, EFS does not create the directory.');
    }
    if (this.accessPoints.size >= ACCESS_POINTS_MAX) {
      throw awsError('AccessPointLimitExceeded', 'There are too many access points.', {}, 403);
    }
    this.#count += 1;
    const draw = (hazard: keyof Hazards, maxSeconds: number) =>
      this.#draws.happens(hazard) ? this.#draws.secondsAsMs(1, maxSeconds) : 0;
    const now = this.#kernel.now();
    const { accessPoint } = this.#draws.timing;
    const creatingMs = accessPoint.max === 0 ? 0 : this.#draws.delayMs(accessPoint);
    const availableAt = now + creatingMs + draw('accessPointCreating', 10);
    const point: AccessPoint = {
      id: `fsap-${this.#count.toString(16).padStart(17, '0')}`,
      input,
      path: RootDirectory.Path ?? '/',
      availableAt,
      mountableAt: availableAt + draw('mountRefusedAtFirst', 30),
      visibleAt: now + draw('accessPointHidden', 10),
    };
    this.accessPoints.set(point.id, point);
    this.#byToken.set(token, point);
    return this.#describeAccessPoint(point);
  }

  #describe(input: DescribeAccessPointsCommandInput) {
    const { FileSystemId, AccessPointId, MaxResults = PAGE_SIZE, NextToken = '' } = input;
    if (AccessPointId !== undefined) {
      const point = this.accessPoints.get(AccessPointId);
      if (point === undefined || !this.#isVisible(point)) throw accessPointNotFound();
      return { AccessPoints: [this.#describeAccessPoint(point)] };
    }
    if (FileSystemId !== undefined) this.#checkFileSystem(FileSystemId);
    const AccessPoints: AccessPointDescription[] = [];
    for (const point of this.accessPoints.values()) {
      if (point.id <= NextToken || !this.#isVisible(point)) continue;
      if (FileSystemId !== undefined && point.input.FileSystemId !== FileSystemId) continue;
      if (AccessPoints.length === Math.min(MaxResults, PAGE_SIZE)) {
        return { AccessPoints, NextToken: AccessPoints.at(-1)?.AccessPointId };
      }
      AccessPoints.push(this.#describeAccessPoint(point));
    }
    return { AccessPoints };
  }

  /** The directory remains, and so do the mounts of running containers. */
  #delete({ AccessPointId = '' }: DeleteAccessPointCommandInput) {
    const point = this.accessPoints.get(AccessPointId);
    if (point === undefined) throw accessPointNotFound();
    this.accessPoints.delete(AccessPointId);
    this.#byToken.delete(this.#tokenOf(point.input.FileSystemId, point.input.ClientToken));
    return {};
  }

  #isVisible({ visibleAt }: AccessPoint): boolean {
    return this.#kernel.now() >= visibleAt;
  }

  #tokenOf(fileSystemId = '', clientToken = ''): string {
    return this.#tokensAccountWide ? clientToken : `${fileSystemId} ${clientToken}`;
  }

  #describeAccessPoint({ id, input, availableAt }: AccessPoint): AccessPointDescription {
    const { FileSystemId, ClientToken, PosixUser, RootDirectory, Tags } = input;
    const LifeCycleState = availableAt > this.#kernel.now() ? 'creating' : 'available';
    return { AccessPointId: id, FileSystemId, ClientToken, PosixUser, RootDirectory, Tags, LifeCycleState };
  }

  #checkFileSystem(id: string): void {
    if (!this.#fileSystemIds.has(id)) throw awsError('FileSystemNotFound', 'No such file system.', {}, 404);
  }
}

function accessPointNotFound(): Error {
  return awsError('AccessPointNotFound', 'There is no such access point.', {}, 404);
}
