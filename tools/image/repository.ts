import * as z from 'zod/mini';
import { ToolError } from '../command-line.ts';
import type { AwsCli } from '../deploy/aws-cli.ts';
import type { RegistryLogin } from './engine-build.ts';

/** Output of lib/cluster-stack.ts. */
const OUTPUT = 'ImageRepository';

/** `<account>.dkr.ecr.<region>.amazonaws.com/<repository>` */
const REPOSITORY = /^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.[a-z.]+\/[a-z0-9][a-z0-9._/-]*$/;

/** ECR's user name for a login with a token. */
const USERNAME = 'AWS';

const stacksSchema = z.object({
  Stacks: z.array(
    z.object({
      Outputs: z.optional(z.array(z.object({ OutputKey: z.string(), OutputValue: z.string() }))),
    }),
  ),
});

const imagesSchema = z.object({
  images: z.array(z.object({ imageId: z.object({ imageDigest: z.string() }) })),
});

export interface Repository {
  /** Including the registry. */
  readonly uri: string;
  readonly name: string;
}

export function repositoryCommand(installation: string): readonly string[] {
  return ['cloudformation', 'describe-stacks', '--stack-name', `${installation}-cluster`];
}

/**
 * Returns the image repository of a deployed stage.
 * @throws ToolError If the stage has not been deployed.
 */
export async function findRepository(aws: AwsCli, installation: string, stage: string): Promise<Repository> {
  const deployFirst = `Deploy the stage first, which creates the repository: npm run deploy -- --stage ${stage}`;
  const { Stacks } = await aws.query(stacksSchema, repositoryCommand(installation), deployFirst);
  const uri = Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === OUTPUT)?.OutputValue;
  if (uri === undefined || !REPOSITORY.test(uri)) {
    throw new ToolError(
      `The stack ${installation}-cluster has no output with an image repository. ${deployFirst}`,
    );
  }
  return { uri, name: uri.slice(uri.indexOf('/') + 1) };
}

export function imageCommand(repository: string, tag: string): readonly string[] {
  return ['ecr', 'batch-get-image', '--repository-name', repository, '--image-ids', `imageTag=${tag}`];
}

/** Returns the digest of a tag in the repository, or undefined if the tag does not exist. @throws ToolError */
export async function findDigest(aws: AwsCli, repository: string, tag: string): Promise<string | undefined> {
  const { images } = await aws.query(
    imagesSchema,
    imageCommand(repository, tag),
    'This command reads the tags of the repository. The credentials need ecr:BatchGetImage on it.',
  );
  return images[0]?.imageId.imageDigest;
}

export const loginCommand = ['ecr', 'get-login-password'];

/** Returns a secret login that is valid for 12 hours. @throws ToolError */
export async function logIn(aws: AwsCli): Promise<RegistryLogin> {
  const advice = 'The credentials need ecr:GetAuthorizationToken.';
  return { username: USERNAME, password: await aws.readSecret(loginCommand, advice) };
}
