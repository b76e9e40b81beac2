import * as z from 'zod/mini';
import { ToolError } from '../command-line.ts';
import type { Account } from './account.ts';
import type { AwsCli } from './aws-cli.ts';

/** Where `cdk bootstrap` notes its version; the qualifier is CDK's own unless an app says otherwise. */
const BOOTSTRAP_PARAMETER = '/cdk-bootstrap/hnb659fds/version';

const parametersSchema = z.object({ Parameters: z.array(z.object({ Value: z.string() })) });

export const bootstrapCommand = ['ssm', 'get-parameters', '--names', BOOTSTRAP_PARAMETER];

/**
 * The version of what CDK needs in the account and region.
 * @throws Problem when it is not there, with the command that makes it
 */
export async function findBootstrap(aws: AwsCli, { id, region }: Account): Promise<string> {
  const { profile } = aws.target;
  const withProfile = profile === undefined ? '' : ` --profile ${profile}`;
  const make = `npx cdk bootstrap aws://${id}/${region}${withProfile}`;
  const { Parameters } = await aws.query(
    parametersSchema,
    bootstrapCommand,
    `It shows whether CDK has been set up in the account. If it has not: ${make}`,
  );
  const [version] = Parameters;
  if (version !== undefined) return version.Value;
  throw new ToolError(`CDK is not set up in account ${id}, region ${region}. Do it once: ${make}`);
}

const TRUNKING_SETTING = 'awsvpcTrunking';

const accountSettingsSchema = z.object({ settings: z.array(z.object({ value: z.string() })) });

export const trunkingCommand = ['ecs', 'list-account-settings', '--effective-settings', '--name', TRUNKING_SETTING];

/** What was found of trunking, and what the deployment makes of it; nothing of it keeps a deployment from going on. */
export async function describeTrunking(aws: AwsCli, asked: boolean): Promise<string> {
  let enabled: boolean;
  try {
    const { settings } = await aws.query(accountSettingsSchema, trunkingCommand, '');
    enabled = settings[0]?.value === 'enabled';
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return `${TRUNKING_SETTING} could not be read (${error.message.trim()})${asked ? '; this deployment turns it on' : ''}`;
  }
  if (enabled) return `${TRUNKING_SETTING} is on in this account and region${asked ? '' : '; it is left as it is'}`;
  return asked
    ? `${TRUNKING_SETTING} is off; this deployment turns it on for the whole account and region. Machines that run already keep their old limit until they are replaced`
    : `${TRUNKING_SETTING} is off: a machine runs one workbench less than it has network interfaces. The setting ecs.awsvpcTrunking turns it on`;
}
