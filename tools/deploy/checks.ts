import * as z from 'zod/mini';
import { ANY_ADDRESS } from '#lib/settings/network.ts';
import { readStage } from '#lib/settings/read-stage.ts';
import type { StageSettings } from '#lib/settings/stage.ts';
import { StageSettingsError } from '#lib/settings/stage-error.ts';
import { ToolError } from '../command-line.ts';
import { AwsCli, type AwsTarget } from './aws-cli.ts';
import { capture } from './program.ts';

/** @throws ToolError Lists every error in the settings of the stage. */
export function checkSettings(stage: string): StageSettings {
  try {
    return readStage(stage);
  } catch (error) {
    if (!(error instanceof StageSettingsError)) throw error;
    throw new ToolError(`${error.message}\ndocs/settings.md describes the settings.`);
  }
}

/** @throws ToolError If the settings still contain addresses of the example. */
export function checkPlaceholders(settings: StageSettings): void {
  const paths = findPlaceholders(settings);
  if (paths.length === 0) return;
  throw new ToolError(
    `stages/${settings.stage}.json still contains example addresses (example.com): ${paths.join(', ')}. Replace them with your own.`,
  );
}

/** Returns lines about settings that are valid and may be unintended. */
export function describeRisks({ network }: StageSettings): readonly string[] {
  if (network.existing === undefined || !network.egressCidrs.includes(ANY_ADDRESS)) return [];
  return [
    `workbenches may connect to every host that ${network.existing.vpcId} reaches, internal ones included, on the ports ${network.egressPorts.join(', ')}. The setting network.egressCidrs limits this`,
  ];
}

export interface AccountCheck {
  readonly account: Account;
  /** Lines that describe the account. */
  readonly lines: readonly string[];
}

/**
 * Checks the account without changing it.
 * @throws ToolError For the first missing prerequisite.
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
      `CDK bootstrap version ${bootstrap}`,
      await describeTrunking(aws, settings.ecs.awsvpcTrunking),
    ],
  };
}

export const bundleCommand = ['tools/bundle.ts'];

/** @throws ToolError With the output of the bundler. */
export async function runBundler(): Promise<string> {
  const { code, stdout, stderr } = await capture('node', bundleCommand, {
    whenMissing: 'Run `npm run deploy`.',
  });
  if (code === 0) return stdout.trim();
  throw new ToolError(`Bundling the functions failed:\n${stderr.trim()}`);
}

/** The parameter with the version of `cdk bootstrap`, for CDK's default qualifier. */
const BOOTSTRAP_PARAMETER = '/cdk-bootstrap/hnb659fds/version';

const parametersSchema = z.object({ Parameters: z.array(z.object({ Value: z.string() })) });

export const bootstrapCommand = ['ssm', 'get-parameters', '--names', BOOTSTRAP_PARAMETER];

/**
 * Returns the version of CDK's bootstrap stack in the account and region.
 * @throws ToolError If it does not exist. The message contains the command that creates it.
 */
export async function findBootstrap(aws: AwsCli, { id, region }: Account): Promise<string> {
  const { profile } = aws.target;
  const withProfile = profile === undefined ? '' : ` --profile ${profile}`;
  const command = `npx cdk bootstrap aws://${id}/${region}${withProfile}`;
  const { Parameters } = await aws.query(
    parametersSchema,
    bootstrapCommand,
    `This command checks whether the account is bootstrapped for CDK. If it is not, run: ${command}`,
  );
  const [version] = Parameters;
  if (version !== undefined) return version.Value;
  throw new ToolError(`Account ${id}, region ${region} is not bootstrapped for CDK. Run once: ${command}`);
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

const AFFECTED: Readonly<Record<TrunkingScope, string>> = {
  role: 'for the role of its instances alone',
  account: 'for the whole account and region',
};

type TrunkingScope = Exclude<StageSettings['ecs']['awsvpcTrunking'], 'off'>;

/**
 * Describes the account setting and how the deployment changes it. Errors do not stop the deployment. The setting of the
 * role is not read: ECS shows it to the role and to the root user only.
 */
export async function describeTrunking(
  aws: AwsCli,
  requested: StageSettings['ecs']['awsvpcTrunking'],
): Promise<string> {
  const change =
    requested === 'off'
      ? 'this deployment does not turn it on'
      : `this deployment turns it on ${AFFECTED[requested]}`;
  let enabled: boolean;
  try {
    const { settings } = await aws.query(accountSettingsSchema, trunkingCommand, '');
    enabled = settings[0]?.value === 'enabled';
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return `${TRUNKING_SETTING} could not be read (${error.message.trim()}); ${change}`;
  }
  if (enabled) return `${TRUNKING_SETTING} is on in this account and region; ${change}`;
  return requested === 'off'
    ? `${TRUNKING_SETTING} is off: an instance can run one workbench less than it has network interfaces. The setting ecs.awsvpcTrunking turns it on`
    : `${TRUNKING_SETTING} is off in this account and region; ${change}. Running instances keep their limit until they are replaced`;
}

/** The identity that deploys, and the target. */
export interface Account {
  readonly id: string;
  /** ARN of the identity. */
  readonly caller: string;
  readonly region: string;
}

const HOW_TO_SIGN_IN =
  'Sign in first: `aws configure` or `aws sso login`, then set AWS_PROFILE or use --profile NAME. Or set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary credentials, AWS_SESSION_TOKEN.';

const identitySchema = z.object({ Account: z.string(), Arn: z.string() });

/**
 * Returns the account and identity of the credentials.
 * @throws ToolError Without usable credentials, without a region, or if the stage belongs to another account.
 */
export async function findAccount(
  { account, region: configuredRegion, stage }: Pick<StageSettings, 'account' | 'region' | 'stage'>,
  { profile }: Pick<AwsTarget, 'profile'>,
): Promise<Account> {
  const region = configuredRegion ?? (await readRegionFromEnvironment(profile));
  const aws = new AwsCli({ profile, region });
  const { Account: id, Arn: caller } = await aws.query(
    identitySchema,
    ['sts', 'get-caller-identity'],
    HOW_TO_SIGN_IN,
  );
  if (account !== undefined && account !== id) {
    throw new ToolError(
      `stages/${stage}.json is for account ${account}, but these credentials are for account ${id} (${caller}). Use other credentials, or correct \`account\`.`,
    );
  }
  if (region === undefined) {
    throw new ToolError(
      `No region is configured. Add \`"region": "us-west-1"\` to stages/${stage}.json, or set AWS_REGION.`,
    );
  }
  return { id, caller, region };
}

/** Resolves the region like the AWS CLI and CDK. */
async function readRegionFromEnvironment(profile: string | undefined): Promise<string | undefined> {
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  return (
    AWS_REGION ||
    AWS_DEFAULT_REGION ||
    (await new AwsCli({ profile }).readLine(['configure', 'get', 'region']))
  );
}

/** Domains that RFC 2606 reserves for examples. */
const EXAMPLE = /(^|[/.@])example\.(com|net|org)([/:]|$)/;

/** Returns the paths of settings with an example address, such as `alarms.email`. */
export function findPlaceholders(settings: StageSettings): readonly string[] {
  return findPlaceholdersIn(settings, '');
}

function findPlaceholdersIn(value: unknown, path: string): readonly string[] {
  if (typeof value === 'string') return EXAMPLE.test(value) ? [path] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    findPlaceholdersIn(
      inner,
      Array.isArray(value) ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`,
    ),
  );
}
