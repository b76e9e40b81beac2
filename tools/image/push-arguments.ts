import { parseOptions, UsageError } from '../command-line.ts';
import { parseProfile } from '../deploy/arguments.ts';

/** An image name with an optional registry, tag and digest. */
const IMAGE = /^[a-z0-9][\w./:@-]{0,511}$/;
/** ECR's syntax of tags. */
const TAG = /^\w[\w.-]{0,127}$/;

export interface PushArguments {
  readonly stage: string;
  readonly profile: string | undefined;
  /** An image of the engine. Undefined: the example image, which is built first. */
  readonly image: string | undefined;
  /** The base of the example image. Undefined: built from image/base/Dockerfile. */
  readonly base: string | undefined;
  /** Required if the stage pins a digest. */
  readonly tag: string | undefined;
  /** Pushes the image of the gate instead of that of workbenches. */
  readonly gate: boolean;
  /** Pushes an image that the stage could not run. */
  readonly force: boolean;
  readonly dryRun: boolean;
}

export const IMAGE_PUSH_HELP = `npm run image:push -- --stage NAME [options]

Builds the example image and pushes it to the repository of a stage with the tag in stages/NAME.json. Tags other than
\`latest\` are immutable: the command fails if the tag exists. Prints the digest, which the settings can pin.

Checks the image first, without running it: architecture, user, the folder at the mount path, and the programs that the
health check and the containers need. Does not push an image that no workbench could run.

  --stage NAME      the stage; a deployment must have created its repository
  --image NAME      pushes this image of the container engine instead of building the example
  --gate            builds and pushes the image of the gate, with the version in \`gateway.image\`
  --tag TAG         the tag, if the settings pin a digest instead of a tag
  --base IMAGE      base of the example image (default: built from image/base/Dockerfile)
  --profile NAME    profile of the AWS CLI (default AWS_PROFILE, or the credentials in the environment)
  --force           pushes an image although a check failed
  --dry-run         prints the commands without running them
  --help

Uses the container engine at WB_DOCKER_SOCKET or DOCKER_HOST, otherwise the first one found.
Exits with 1 on an error, with 2 if the arguments are invalid.
`;

const OPTIONS = {
  stage: { type: 'string' },
  profile: { type: 'string' },
  image: { type: 'string' },
  base: { type: 'string' },
  gate: { type: 'boolean', default: false },
  tag: { type: 'string' },
  force: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/**
 * @returns Undefined for --help.
 * @throws UsageError
 */
export function parsePushArguments(args: readonly string[]): PushArguments | undefined {
  const {
    stage,
    profile,
    image,
    base,
    gate,
    tag,
    force,
    'dry-run': dryRun,
    help,
  } = parseOptions(args, OPTIONS);
  if (help) return undefined;
  if (stage === undefined) throw new UsageError('--stage is required: the stage of the image');
  checkImageName('--base', base);
  checkImageName('--image', image);
  if (gate && image !== undefined) throw new UsageError('--gate and --image exclude each other');
  if (tag !== undefined && !TAG.test(tag)) throw new UsageError(`--tag: ${tag} is not a valid tag`);
  return { stage, profile: parseProfile(profile), image, base, gate, tag, force, dryRun };
}

/** @throws UsageError */
export function checkImageName(option: string, name: string | undefined): void {
  if (name !== undefined && !IMAGE.test(name))
    throw new UsageError(`${option}: ${name} is not a valid image name`);
}

/**
 * Returns the tag to push: the tag in the settings or, if they pin a digest, the tag in the arguments.
 * @throws UsageError If neither or both have a tag.
 */
export function resolveTag(
  { stage, tag: argument }: Pick<PushArguments, 'stage' | 'tag'>,
  { tag: setting }: { readonly tag?: string | undefined },
): string {
  if (argument !== undefined && setting !== undefined) {
    throw new UsageError(`--tag: stages/${stage}.json has the tag ${setting}; change it there`);
  }
  const tag = argument ?? setting;
  if (tag === undefined) {
    throw new UsageError(`stages/${stage}.json pins a digest: push with --tag TAG, then pin the new digest`);
  }
  return tag;
}
