import type { Kernel } from '../kernel.ts';
import { awsError } from './aws-error.ts';
import type { HazardDraws } from './hazards.ts';
import { ACCESS_DENIED, EC2_ERRORS } from './reasons.ts';

/** The calls that a changed role may forbid. `Invoke` is the call of the janitor. */
const DENIABLE_CALLS = [
  'RunTask',
  'StopTask',
  'DescribeTasks',
  'DescribeTaskDefinition',
  'RegisterTaskDefinition',
  'DescribeContainerInstances',
  'RunInstances',
  'StartInstances',
  'StopInstances',
  'TerminateInstances',
  'DescribeInstances',
  'CreateAccessPoint',
  'DescribeAccessPoints',
  'DeleteAccessPoint',
  'Invoke',
] as const;

/** Episodes begin within this time after the world does. */
const EPISODES_BEGIN_WITHIN_SECONDS = 20 * 60;

interface Episode {
  readonly from: number;
  readonly until: number;
}

/** The permissions and the limits of the account: for a while a call is denied, or functions are not invoked. */
export class Account {
  readonly #kernel: Kernel;
  readonly #draws: HazardDraws;
  readonly #denials: readonly (Episode & { readonly call: string })[];
  readonly #functionLimits: readonly Episode[];

  constructor(kernel: Kernel, draws: HazardDraws) {
    this.#kernel = kernel;
    this.#draws = draws;
    this.#denials = draws.happens('accessDenied')
      ? this.#drawEpisodes(20, 600).map((episode) => ({ ...episode, call: draws.pick(DENIABLE_CALLS) }))
      : [];
    this.#functionLimits = draws.happens('functionsLimited') ? this.#drawEpisodes(5, 120) : [];
  }

  /**
   * Checks that the role of the controller may make the call.
   * @throws the error of the service
   */
  authorize(call: string): void {
    if (!this.#isAny(this.#denials.filter((denial) => denial.call === call))) return;
    if (call.endsWith('Instances') && !call.includes('Container')) {
      throw awsError('UnauthorizedOperation', EC2_ERRORS.UnauthorizedOperation, {}, 403);
    }
    throw awsError('AccessDeniedException', ACCESS_DENIED);
  }

  /** Whether a concurrent execution is left for a function. */
  canInvoke(): boolean {
    return !this.#isAny(this.#functionLimits);
  }

  #isAny(episodes: readonly Episode[]): boolean {
    const now = this.#kernel.now();
    return !this.#draws.disabled && episodes.some(({ from, until }) => from <= now && now < until);
  }

  #drawEpisodes(minSeconds: number, maxSeconds: number): readonly Episode[] {
    return Array.from({ length: this.#draws.pick([1, 2, 3]) }, () => {
      const from = this.#kernel.now() + this.#draws.secondsAsMs(0, EPISODES_BEGIN_WITHIN_SECONDS);
      return { from, until: from + this.#draws.secondsAsMs(minSeconds, maxSeconds) };
    });
  }
}
