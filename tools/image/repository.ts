import * as z from 'zod/mini';
import { ToolError } from '../command-line.ts';
import type { AwsCli } from '../deploy/aws-cli.ts';
import type { RegistryLogin } from './engine-build.ts';

/** As lib/cluster-stack.ts calls it. */
const OUTPUT = 'ImageRepository';

/** `<account>.dkr.ecr.<region>.amazonaws.com/<repository>` */
const REPOSITORY = /^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.[a-z.]+\/[a-z0-9][a-z0-9._/-]*$/;

/** Who logs in to ECR with a token for a password. */
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
  /** With the registry in front. */
  readonly uri: string;
  readonly name: string;
}

export function repositoryCommand(installation: string): readonly string[] {
  return ['cloudformation', 'describe-stacks', '--stack-name', `${installation}-cluster`];
}

/**
 * The repository that the deployment of a stage has made.
 * @throws Problem when it has made none
 */
export async function findRepository(aws: AwsCli, installation: string, stage: string): Promise<Repository> {
  const deployFirst = `The repository is made by the deployment: npm run deploy -- --stage ${stage}`;
  const { Stacks } = await aws.query(stacksSchema, repositoryCommand(installation), deployFirst);
  const uri = Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === OUTPUT)?.OutputValue;
  if (uri === undefined || !REPOSITORY.test(uri)) {
    throw new ToolError(`The stack ${installation}-cluster names no image repository. ${deployFirst}`);
  }
  return { uri, name: uri.slice(uri.indexOf('/') + 1) };
}

export function imageCommand(repository: string, tag: string): readonly string[] {
  return ['ecr', 'batch-get-image', '--repository-name', repository, '--image-ids', `imageTag=${tag}`];
}

/** The digest of what a tag names in the repository; undefined when there is no such tag. @throws Problem */
export async function findDigest(aws: AwsCli, repository: string, tag: string): Promise<string | undefined> {
  const { images } = await aws.query(
    imagesSchema,
    imageCommand(repository, tag),
    'It shows which images the repository has: the credentials need ecr:BatchGetImage on it.',
  );
  return images[0]?.imageId.imageDigest;
}

export const loginCommand = ['ecr', 'get-login-password'];

/** Good for half a day, and a secret. @throws Problem */
export async function logIn(aws: AwsCli): Promise<RegistryLogin> {
  const advice = 'The credentials need ecr:GetAuthorizationToken.';
  return { username: USERNAME, password: await aws.readSecret(loginCommand, advice) };
}
