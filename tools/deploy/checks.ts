import * as z from 'zod/mini';
import { readStage } from '#lib/settings/read-stage.ts';
import type { StageSettings } from '#lib/settings/stage.ts';
import { StageSettingsError } from '#lib/settings/stage-error.ts';
import { ToolError } from '../command-line.ts';
import { AwsCli, type AwsTarget } from './aws-cli.ts';
import { capture } from './program.ts';

/** @throws Problem listing every fault of the stage's settings */
export function checkSettings(stage: string): StageSettings {
  try {
    return readStage(stage);
  } catch (error) {
    if (!(error instanceof StageSettingsError)) throw error;
    throw new ToolError(`${error.message}\ndocs/operations.md says what the settings are.`);
  }
}

/** @throws Problem when the settings still hold what the example says */
export function checkPlaceholders(settings: StageSettings): void {
  const paths = findPlaceholders(settings);
  if (paths.length === 0) return;
  throw new ToolError(
    `settings/${settings.stage}.json still holds addresses of the example (example.com), where nobody is reached: ${paths.join(', ')}. Write your own.`,
  );
}

export interface AccountCheck {
  readonly account: Account;
  /** What was found, a line each. */
  readonly lines: readonly string[];
}

/**
 * Looks at the account, and changes nothing there.
 * @throws Problem at the first thing that is missing
 */
export async function checkAccount(
  settings: StageSettings,
  profile: string | undefined,
): Promise<AccountCheck> {
  const account = await findAccount(settings, { profile });
  const aws = new AwsCli({ profile, region: account.region });
  const bootstrap = await findBootstrap(aws, account);
  return {
    account,
    lines: [
      `account ${account.id}, region ${account.region}, as ${account.caller}`,
      `CDK is set up there (version ${bootstrap})`,
      await describeTrunking(aws, settings.ecs.awsvpcTrunking),
    ],
  };
}

export const bundleCommand = ['tools/bundle.ts'];

/** @throws Problem with what the bundler says */
export async function runBundler(): Promise<string> {
  const { code, stdout, stderr } = await capture('node', bundleCommand, {
    whenMissing: 'Start this by `npm run deploy`.',
  });
  if (code === 0) return stdout.trim();
  throw new ToolError(`The functions could not be bundled:\n${stderr.trim()}`);
}

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

export const trunkingCommand = [
  'ecs',
  'list-account-settings',
  '--effective-settings',
  '--name',
  TRUNKING_SETTING,
];

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
  if (enabled)
    return `${TRUNKING_SETTING} is on in this account and region${asked ? '' : '; it is left as it is'}`;
  return asked
    ? `${TRUNKING_SETTING} is off; this deployment turns it on for the whole account and region. Machines that run already keep their old limit until they are replaced`
    : `${TRUNKING_SETTING} is off: a machine runs one workbench less than it has network interfaces. The setting ecs.awsvpcTrunking turns it on`;
}

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
    AWS_REGION ||
    AWS_DEFAULT_REGION ||
    (await new AwsCli({ profile }).readLine(['configure', 'get', 'region']))
  );
}

/** Names that are reserved for examples (RFC 2606): nobody is ever reached there. */
const EXAMPLE = /(^|[/.@])example\.(com|net|org)([/:]|$)/;

/** Where the settings still hold an address of the example, as one would write it: `alarms.email`. */
export function findPlaceholders(settings: StageSettings): readonly string[] {
  return placeholderPaths(settings, '');
}

function placeholderPaths(value: unknown, path: string): readonly string[] {
  if (typeof value === 'string') return EXAMPLE.test(value) ? [path] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    placeholderPaths(
      inner,
      Array.isArray(value) ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`,
    ),
  );
}
