import { StageSettingsError } from '#lib/settings/stage-error.ts';
import { readStage } from '#lib/settings/read-stage.ts';
import type { StageSettings } from '#lib/settings/stage.ts';
import { ToolError } from '../command-line.ts';
import { type Account, findAccount } from './account.ts';
import { describeTrunking, findBootstrap } from './account-checks.ts';
import { AwsCli } from './aws-cli.ts';
import { findPlaceholders } from './placeholders.ts';
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
export async function checkAccount(settings: StageSettings, profile: string | undefined): Promise<AccountCheck> {
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
