/**
 * `npm run image:push -- --stage NAME`: builds the workbench image and pushes it to the repository of a stage.
 * See `--help`.
 */
import { EngineUnusable } from '#adapters/local/containers/engine-socket.ts';
import { readFunctionSettings } from '#lib/settings/function-settings.ts';
import type { StageSettings } from '#lib/settings/stage.ts';
import { EXAMPLE_IMAGE } from '#local/local-settings.ts';
import { runTool, ToolError } from './command-line.ts';
import { AwsCli } from './deploy/aws-cli.ts';
import { checkSettings, findAccount } from './deploy/checks.ts';
import { BuildError, type ImageEngine } from './image/engine-build.ts';
import { buildExampleImage, findEngine } from './image/example-image.ts';
import { buildGateImage, GATE_IMAGE, resolveGateTag } from './image/gate-image.ts';
import { CHECKED_PROGRAMS, checkImage } from './image/image-check.ts';
import {
  IMAGE_PUSH_HELP,
  type PushArguments,
  parsePushArguments,
  resolveTag,
} from './image/push-arguments.ts';
import {
  findDigest,
  findRepository,
  imageCommand,
  logIn,
  loginCommand,
  repositoryCommand,
} from './image/repository.ts';

/** The only tag that can be overwritten. */
const MUTABLE_TAG = 'latest';

/** Docker's names of the architectures. */
const ARCHITECTURES: Readonly<Record<StageSettings['image']['architecture'], string>> = {
  x86_64: 'amd64',
  arm64: 'arm64',
};

await runTool(async () => {
  const args = parsePushArguments(process.argv.slice(2));
  if (args === undefined) {
    console.log(IMAGE_PUSH_HELP);
    return;
  }
  const settings = checkSettings(args.stage);
  const tag = args.gate
    ? resolveGateTag(args.stage, settings.gateway, args.tag)
    : resolveTag(args, settings.image);
  if (args.dryRun) printDryRun(args, settings, tag);
  else await push(args, settings, tag);
}, [BuildError, EngineUnusable]);

async function push(args: PushArguments, settings: StageSettings, tag: string): Promise<void> {
  const { stage, profile } = args;
  const { id, region, caller } = await findAccount(settings, { profile });
  console.log(`Account ${id}, region ${region}, as ${caller}`);
  const aws = new AwsCli({ profile, region });
  const repository = await findRepository(aws, settings.installation, stage);
  const existingDigest = await findDigest(aws, repository.name, tag);
  if (existingDigest !== undefined && tag !== MUTABLE_TAG)
    throw new ToolError(describeExistingTag(stage, tag, existingDigest));

  const { engine, description } = await findEngine();
  const image = imageNameOf(args);
  if (args.image === undefined) console.log(`Building ${image} with ${description}`);
  const { gateway: gate } = settings;
  if (args.gate && gate !== 'none') {
    await buildGateImage(engine, gate.image.architecture);
  } else {
    if (args.image === undefined) await buildExampleImage(engine, image, args.base);
    await check(engine, image, settings, args.force);
  }
  console.log(`Pushing ${image} as ${repository.uri}:${tag}`);
  await engine.push(image, { repository: repository.uri, tag }, await logIn(aws));
  const digest = await findDigest(aws, repository.name, tag);
  if (digest === undefined)
    throw new ToolError(`${repository.uri}:${tag} was pushed, but the repository does not contain it.`);
  console.log(
    `Pushed. To pin this image, write into ${args.gate ? '`gateway` of ' : ''}stages/${stage}.json:\n  "image": { "digest": "${digest}" }`,
  );
}

/** Returns the name of the image in the engine. */
function imageNameOf({ gate, image = EXAMPLE_IMAGE }: PushArguments): string {
  return gate ? GATE_IMAGE : image;
}

function describeExistingTag(stage: string, tag: string, digest: string): string {
  return [
    `The repository already contains the tag ${tag} (${digest}), and only \`${MUTABLE_TAG}\` can be overwritten.`,
    `Write a new tag into stages/${stage}.json, push it, then deploy the stage.`,
  ].join('\n');
}

/** @throws ToolError If the stage could not run the image, unless `force` is set. */
async function check(engine: ImageEngine, image: string, settings: StageSettings, force: boolean) {
  const { architecture, uid, gid } = settings.image;
  const { WB_MOUNT_PATH: mountPath, WB_HEALTH_COMMAND: healthCommand } = readFunctionSettings(settings);
  const facts = await engine.readFacts(image, { mountPath, programs: CHECKED_PROGRAMS });
  if (facts === undefined) {
    throw new ToolError(`The container engine has no image ${image}. Build or pull it first.`);
  }
  const { problems, notes } = checkImage(facts, {
    architecture: ARCHITECTURES[architecture],
    ...{ uid, gid, mountPath, hasHealthCommand: healthCommand !== undefined },
  });
  for (const note of notes) console.log(`${image}: ${note}`);
  if (problems.length === 0) return;
  const list = problems.map((problem) => `  ${problem}`).join('\n');
  const report = `${image} would not work with stages/${settings.stage}.json:\n${list}`;
  if (!force) throw new ToolError(`${report}\nNothing was pushed. --force pushes it all the same.`);
  console.warn(`${report}\nPushing it all the same (--force).`);
}

/** Prints the commands of a push. Reads only the settings. */
function printDryRun(args: PushArguments, settings: StageSettings, tag: string): void {
  const aws = new AwsCli({ profile: args.profile, region: settings.region });
  const commands = [
    ['sts', 'get-caller-identity'],
    repositoryCommand(settings.installation),
    imageCommand('<repository>', tag),
    loginCommand,
  ];
  console.log('A push would run these commands:');
  for (const command of commands) console.log(`  ${aws.format(command)}`);
  const image = args.image ?? `${imageNameOf(args)}, built first`;
  const condition = tag === MUTABLE_TAG ? '' : ', which must not exist yet';
  console.log(`The container engine would push ${image} as <repository>:${tag}${condition}`);
}
