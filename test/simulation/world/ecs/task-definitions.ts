import type {
  DeregisterTaskDefinitionCommandInput,
  DescribeTaskDefinitionCommandInput,
  ListTaskDefinitionFamiliesCommandInput,
  ListTaskDefinitionsCommandInput,
  RegisterTaskDefinitionCommandInput,
} from '@aws-sdk/client-ecs';
import { awsError } from '../aws-error.ts';
import type { HazardDraws } from '../hazards.ts';
import { TokenBucket } from '../token-bucket.ts';
import { definitionShape, REGION_AND_ACCOUNT } from './shapes.ts';
import type { Definition } from './types.ts';

const PAGE_SIZE = 100;

/** Task definitions. Registration and deregistration share one throttle: a burst of 20, then one a second. */
export class Definitions {
  /** Family → its revisions. The first is revision 1. */
  readonly families = new Map<string, Definition[]>();
  readonly #now: () => number;
  readonly #draws: HazardDraws;
  readonly #bucket: TokenBucket;

  constructor(now: () => number, draws: HazardDraws) {
    this.#now = now;
    this.#draws = draws;
    this.#bucket = new TokenBucket(now, 20, 1);
  }

  /**
   * Returns a revision that can be described and run.
   * @param name the family (returns its newest active revision), `family:revision` or ARN
   */
  find(name: string): Definition | undefined {
    const { revisions, revision } = this.#parse(name);
    const visible = revisions.filter(({ visibleAt }) => this.#now() >= visibleAt);
    return revision === undefined
      ? visible.findLast(({ active }) => active)
      : visible.find((definition) => definition.revision === revision);
  }

  #parse(name: string): { readonly revisions: readonly Definition[]; readonly revision?: number } {
    const [family = '', revision] = name.slice(name.lastIndexOf('/') + 1).split(':');
    const revisions = this.families.get(family) ?? [];
    return revision === undefined ? { revisions } : { revisions, revision: Number(revision) };
  }

  register(input: RegisterTaskDefinitionCommandInput) {
    this.#throttle();
    const { family = '' } = input;
    if (!/^[\w-]{1,255}$/.test(family))
      throw awsError('ClientException', 'Family contains invalid characters.');
    const revisions = this.families.get(family) ?? [];
    this.families.set(family, revisions);
    const revision = revisions.length + 1;
    const arn = `arn:aws:ecs:${REGION_AND_ACCOUNT}:task-definition/${family}:${revision}`;
    const hiddenMs = this.#draws.happens('definitionHidden') ? this.#draws.secondsAsMs(1, 10) : 0;
    const visibleAt = this.#now() + hiddenMs;
    const definition: Definition = { arn, family, revision, input, active: true, visibleAt };
    revisions.push(definition);
    return { taskDefinition: definitionShape(definition), tags: input.tags };
  }

  describe({ taskDefinition = '' }: DescribeTaskDefinitionCommandInput) {
    const definition = this.find(taskDefinition);
    if (definition === undefined) throw awsError('ClientException', 'Unable to describe task definition.');
    return { taskDefinition: definitionShape(definition) };
  }

  deregister({ taskDefinition = '' }: DeregisterTaskDefinitionCommandInput) {
    this.#throttle();
    const { revisions, revision } = this.#parse(taskDefinition);
    const definition = revisions.find((candidate) => candidate.revision === revision);
    if (!definition?.active) {
      throw awsError('ClientException', 'The specified task definition is inactive or does not exist.');
    }
    definition.active = false;
    return { taskDefinition: definitionShape(definition) };
  }

  listFamilies(input: ListTaskDefinitionFamiliesCommandInput) {
    const { familyPrefix = '', status, maxResults = PAGE_SIZE, nextToken = '' } = input;
    const rest = [...this.families]
      .filter(([family, revisions]) => {
        const active = revisions.some((revision) => revision.active);
        return family.startsWith(familyPrefix) && (status === 'ALL' || active === (status !== 'INACTIVE'));
      })
      .map(([family]) => family)
      .sort()
      .filter((family) => family > nextToken);
    const families = rest.slice(0, maxResults);
    return { families, nextToken: rest.length > maxResults ? families.at(-1) : undefined };
  }

  list(input: ListTaskDefinitionsCommandInput) {
    const { familyPrefix, status = 'ACTIVE', sort, maxResults = PAGE_SIZE, nextToken } = input;
    // Despite its name, the prefix of this call is a complete family name.
    const revisions = (this.families.get(familyPrefix ?? '') ?? []).filter(
      ({ active }) => active === (status === 'ACTIVE'),
    );
    const ordered = sort === 'DESC' ? revisions.toReversed() : revisions;
    const from = nextToken === undefined ? 0 : ordered.findIndex(({ arn }) => arn === nextToken) + 1;
    const page = ordered.slice(from, from + maxResults);
    const more = ordered.length > from + maxResults;
    return { taskDefinitionArns: page.map(({ arn }) => arn), nextToken: more ? page.at(-1)?.arn : undefined };
  }

  #throttle(): void {
    if (!this.#bucket.take()) throw awsError('ThrottlingException', 'Rate exceeded');
  }
}
