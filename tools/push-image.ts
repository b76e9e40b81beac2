/**
 * `npm run image:push -- --stage NAME`: builds the image of workbenches and pushes it to the repository of a stage.
 * `--help` says the rest.
 */
import { EngineUnusable } from '#adapters/local/containers/engine-socket.ts';
import type { StageSettings } from '#lib/settings/stage.ts';
import { EXAMPLE_IMAGE } from '#local/settings.ts';
import { runTool, ToolError } from './command-line.ts';
import { AwsCli } from './deploy/aws-cli.ts';
import { checkSettings, findAccount } from './deploy/checks.ts';
import { BuildError, type ImageEngine } from './image/engine-build.ts';
import { buildExampleImage, findEngine } from './image/example-image.ts';
import { HELP, type PushArguments, parsePushArguments, resolveTag } from './image/push-arguments.ts';
import {
  findDigest,
  findRepository,
  imageCommand,
  logIn,
  loginCommand,
  repositoryCommand,
} from './image/repository.ts';

/** The tag that moves with each push; every other is written once. */
const MUTABLE_TAG = 'latest';

/** As Docker calls them. */
const ARCHITECTURES: Readonly<Record<StageSettings['image']['architecture'], string>> = {
  x86_64: 'amd64',
  arm64: 'arm64',
};

await runTool(async () => {
  const given = parsePushArguments(process.argv.slice(2));
  if (given === undefined) {
    console.log(HELP);
    return;
  }
  const settings = checkSettings(given.stage);
  const tag = resolveTag(given, settings.image);
  if (given.dryRun) printDryRun(given, settings, tag);
  else await push(given, settings, tag);
}, [BuildError, EngineUnusable]);

async function push(given: PushArguments, settings: StageSettings, tag: string): Promise<void> {
  const { stage, profile } = given;
  const { id, region, caller } = await findAccount(settings, { profile });
  console.log(`Account ${id}, region ${region}, as ${caller}`);
  const aws = new AwsCli({ profile, region });
  const repository = await findRepository(aws, settings.installation, stage);
  const there = await findDigest(aws, repository.name, tag);
  if (there !== undefined && tag !== MUTABLE_TAG) throw new ToolError(describeExistingTag(stage, tag, there));

  const { engine, called } = await findEngine();
  const image = given.image ?? EXAMPLE_IMAGE;
  if (given.image === undefined) {
    console.log(`Building ${image} with ${called}`);
    await buildExampleImage(engine, image, given.base);
  }
  await checkArchitecture(engine, image, settings);
  console.log(`Pushing ${image} as ${repository.uri}:${tag}`);
  await engine.push(image, { repository: repository.uri, tag }, await logIn(aws));
  const digest = await findDigest(aws, repository.name, tag);
  if (digest === undefined) throw new ToolError(`${repository.uri}:${tag} was pushed, and is not there.`);
  console.log(
    `Pushed. To pin just this image, in settings/${stage}.json:\n  "image": { "digest": "${digest}" }`,
  );
}

function describeExistingTag(stage: string, tag: string, digest: string): string {
  return [
    `The tag ${tag} is in the repository already (${digest}), and only \`${MUTABLE_TAG}\` is ever moved.`,
    `Write a new tag into settings/${stage}.json, push it, then deploy the stage.`,
  ].join('\n');
}

async function checkArchitecture(
  engine: ImageEngine,
  image: string,
  { image: wanted, stage }: StageSettings,
) {
  if ((await engine.labelsOf(image)) === undefined) {
    throw new ToolError(`The container engine has no image ${image}: build it, or fetch it, first.`);
  }
  const built = await engine.architectureOf(image);
  if (built === ARCHITECTURES[wanted.architecture]) return;
  throw new ToolError(
    `${image} is built for ${built}, and the machines of settings/${stage}.json are ${wanted.architecture} (${ARCHITECTURES[wanted.architecture]}). Build it on such a machine, or change \`image.architecture\` and the instance types.`,
  );
}

/** Says what a push would do; of this machine's files it reads the settings alone. */
function printDryRun(given: PushArguments, settings: StageSettings, tag: string): void {
  const aws = new AwsCli({ profile: given.profile, region: settings.region });
  const commands = [
    ['sts', 'get-caller-identity'],
    repositoryCommand(settings.installation),
    imageCommand('<repository>', tag),
    loginCommand,
  ];
  console.log('These would be run:');
  for (const args of commands) console.log(`  ${aws.format(args)}`);
  const image = given.image ?? `${EXAMPLE_IMAGE}, built first`;
  const once = tag === MUTABLE_TAG ? '' : ', which must not be there yet';
  console.log(`and by the container engine pushed: ${image}, as <repository>:${tag}${once}`);
}
