import * as z from 'zod/mini';
import type { StageSettings } from '#lib/settings/stage.ts';
import { ToolError } from '../command-line.ts';
import { AwsCli, type AwsTarget } from './aws-cli.ts';

/** Who deploys, and where to. */
export interface Account {
  readonly id: string;
  /** The ARN of who it is. */
  readonly caller: string;
  readonly region: string;
}

const HOW_TO_SIGN_IN =
  'Sign in first: `aws configure` or `aws sso login`, then set AWS_PROFILE or give --profile NAME; or set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary ones, AWS_SESSION_TOKEN.';

const identitySchema = z.object({ Account: z.string(), Arn: z.string() });

/**
 * Asks AWS whose credentials these are.
 * @throws Problem without usable credentials, without a region, or when the stage belongs to another account
 */
export async function findAccount(
  { account, region: wanted, stage }: Pick<StageSettings, 'account' | 'region' | 'stage'>,
  { profile }: Pick<AwsTarget, 'profile'>,
): Promise<Account> {
  const region = wanted ?? (await regionOfEnvironment(profile));
  const aws = new AwsCli({ profile, region });
  const { Account: id, Arn: caller } = await aws.query(
    identitySchema,
    ['sts', 'get-caller-identity'],
    HOW_TO_SIGN_IN,
  );
  if (account !== undefined && account !== id) {
    throw new ToolError(
      `settings/${stage}.json belongs to account ${account}, and these credentials are of account ${id} (${caller}). Use others, or correct \`account\`.`,
    );
  }
  if (region === undefined) {
    throw new ToolError(
      `It is not said which region to deploy to. Write \`"region": "us-west-1"\` into settings/${stage}.json, or set AWS_REGION.`,
    );
  }
  return { id, caller, region };
}

/** As the AWS CLI and CDK find it. */
async function regionOfEnvironment(profile: string | undefined): Promise<string | undefined> {
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  return (
    AWS_REGION || AWS_DEFAULT_REGION || (await new AwsCli({ profile }).readLine(['configure', 'get', 'region']))
  );
}
