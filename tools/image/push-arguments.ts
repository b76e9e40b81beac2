import { parseOptions, UsageError } from '../command-line.ts';
import { parseProfile } from '../deploy/arguments.ts';
import { BASES, type Base, isBase } from './example-image.ts';

/** As Docker takes the name of an image: what names it in a registry, and perhaps a tag or digest. */
const IMAGE = /^[a-z0-9][\w./:@-]{0,511}$/;
/** As ECR takes a tag. */
const TAG = /^\w[\w.-]{0,127}$/;

export interface PushArguments {
  readonly stage: string;
  readonly profile: string | undefined;
  /** An image that the engine has; undefined: the example, built first. */
  readonly image: string | undefined;
  readonly base: Base;
  /** For a stage that pins a digest. */
  readonly tag: string | undefined;
  readonly dryRun: boolean;
}

export const HELP = `npm run image:push -- --stage NAME [options]

Builds the example image and pushes it to the repository of a stage, under the tag that settings/NAME.json says.
A tag other than \`latest\` is written once: it is refused when it is there. Prints the digest, by which the settings
can pin the image, too.

  --stage NAME      which stage; it has been deployed before, which makes its repository
  --image NAME      pushes this image of the container engine instead of building one
  --tag TAG         the tag, where the settings pin a digest and so name none
  --base WHERE      where the base of the example comes from: auto, registry or packages (default auto)
  --profile NAME    a profile of the AWS CLI (default AWS_PROFILE, or the credentials in the environment)
  --dry-run         says what would be done, and asks and changes nothing
  --help

The engine is the one that WB_DOCKER_SOCKET or DOCKER_HOST names, otherwise the first that is found.
Ends with 1 when something is missing or fails, with 2 when it was called wrongly.
`;

const OPTIONS = {
  stage: { type: 'string' },
  profile: { type: 'string' },
  image: { type: 'string' },
  base: { type: 'string', default: 'auto' },
  tag: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/**
 * @returns undefined when help is asked for
 * @throws UsageError
 */
export function parsePushArguments(args: readonly string[]): PushArguments | undefined {
  const { stage, profile, image, base, tag, 'dry-run': dryRun, help } = parseOptions(args, OPTIONS);
  if (help) return undefined;
  if (stage === undefined) throw new UsageError('--stage is needed: which stage is the image for?');
  if (!isBase(base)) throw new UsageError(`--base is one of ${BASES.join(', ')}; found ${base}`);
  if (image !== undefined && !IMAGE.test(image))
    throw new UsageError(`--image: ${image} is no name of an image`);
  if (tag !== undefined && !TAG.test(tag)) throw new UsageError(`--tag: ${tag} is no tag`);
  return { stage, profile: parseProfile(profile), image, base, tag, dryRun };
}

/**
 * The tag to push: the settings name it, unless they pin a digest.
 * @throws UsageError when neither or both name one
 */
export function resolveTag(
  { stage, tag: given }: Pick<PushArguments, 'stage' | 'tag'>,
  { tag: written }: { readonly tag?: string | undefined },
): string {
  if (given !== undefined && written !== undefined) {
    throw new UsageError(`--tag: settings/${stage}.json names the tag, ${written}; change it there`);
  }
  const tag = given ?? written;
  if (tag === undefined) {
    throw new UsageError(
      `settings/${stage}.json pins a digest: give the tag to push as --tag, then pin its digest`,
    );
  }
  return tag;
}
