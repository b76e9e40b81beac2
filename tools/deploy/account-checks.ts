import * as z from 'zod/mini';
import { Problem } from '../command-line.ts';
import type { Account } from './account.ts';
import type { AwsCli } from './aws-cli.ts';

/** Where `cdk bootstrap` notes its version; the qualifier is CDK's own unless an app says otherwise. */
const BOOTSTRAP = '/cdk-bootstrap/hnb659fds/version';

const parametersSchema = z.object({ Parameters: z.array(z.object({ Value: z.string() })) });

export const bootstrapCommand = ['ssm', 'get-parameters', '--names', BOOTSTRAP];

/**
 * The version of what CDK needs in the account and region.
 * @throws Problem when it is not there, with the command that makes it
 */
export async function findBootstrap(aws: AwsCli, { id, region }: Account): Promise<string> {
  const { profile } = aws.place;
  const withProfile = profile === undefined ? '' : ` --profile ${profile}`;
  const make = `npx cdk bootstrap aws://${id}/${region}${withProfile}`;
  const { Parameters } = await aws.ask(
    parametersSchema,
    bootstrapCommand,
    `It shows whether CDK has been set up in the account. If it has not: ${make}`,
  );
  const [version] = Parameters;
  if (version !== undefined) return version.Value;
  throw new Problem(`CDK is not set up in account ${id}, region ${region}. Do it once: ${make}`);
}

const SETTING = 'awsvpcTrunking';

const accountSettingsSchema = z.object({ settings: z.array(z.object({ value: z.string() })) });

export const trunkingCommand = ['ecs', 'list-account-settings', '--effective-settings', '--name', SETTING];

/** What was found of trunking, and what the deployment makes of it; nothing of it keeps a deployment from going on. */
export async function describeTrunking(aws: AwsCli, asked: boolean): Promise<string> {
  let enabled: boolean;
  try {
    const { settings } = await aws.ask(accountSettingsSchema, trunkingCommand, '');
    enabled = settings[0]?.value === 'enabled';
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return `${SETTING} could not be read (${error.message.trim()})${asked ? '; this deployment turns it on' : ''}`;
  }
  if (enabled) return `${SETTING} is on in this account and region${asked ? '' : '; it is left as it is'}`;
  return asked
    ? `${SETTING} is off; this deployment turns it on for the whole account and region. Machines that run already keep their old limit until they are replaced`
    : `${SETTING} is off: a machine runs one workbench less than it has network interfaces. The setting ecs.awsvpcTrunking turns it on`;
}
