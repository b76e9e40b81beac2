import { parseOptions, UsageError } from '../command-line.ts';

/** What CDK can be told to ask about before it changes anything. */
const APPROVALS = ['never', 'any-change', 'broadening'];

/** A name of the AWS CLI's own making: nothing that could be taken for an option. */
const PROFILE = /^[\w.@+=,/][\w.@+=,/ -]{0,127}$/;

export interface DeployArguments {
  readonly stage: string;
  readonly profile: string | undefined;
  readonly requireApproval: string | undefined;
  readonly dryRun: boolean;
  /** For `cdk deploy`, as they are. */
  readonly cdkArguments: readonly string[];
}

export const HELP = `npm run deploy -- --stage NAME [options] [-- further arguments of cdk deploy]

Deploys a stage to AWS: looks whether everything is there that it needs, then runs \`cdk deploy --all\`.

  --stage NAME              settings/NAME.json says what is deployed
  --profile NAME            a profile of the AWS CLI (default AWS_PROFILE, or the credentials in the environment)
  --require-approval WHEN   never, any-change or broadening: when CDK asks before it changes rights (default CDK's)
  --dry-run                 says what would be run, and asks and changes nothing
  --help

What comes after a second \`--\` is passed on:

  npm run deploy -- --stage staging -- --outputs-file outputs.json

Ends with 1 when something is missing, with 2 when it was called wrongly, otherwise as CDK ends.
`;

const OPTIONS = {
  stage: { type: 'string' },
  profile: { type: 'string' },
  'require-approval': { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** Further arguments that would say otherwise than what was looked at here, with what to do instead. */
const FORBIDDEN_CDK_ARGUMENTS: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/^--profile(=|$)/, 'give --profile before the second `--`'],
  [/^--require-approval(=|$)/, 'give --require-approval before the second `--`'],
  [/^(-a|--app)(=|$)/, 'this deploys the app of cdk.json'],
  [/^((-c|--context)=?)?stage=/, 'give --stage'],
];

/**
 * @returns undefined when help is asked for
 * @throws UsageError
 */
export function parseDeployArguments(args: readonly string[]): DeployArguments | undefined {
  const end = args.indexOf('--');
  const own = end === -1 ? args : args.slice(0, end);
  const further = end === -1 ? [] : args.slice(end + 1);
  const values = parseOptions(own, OPTIONS);
  if (values.help) return undefined;
  const { stage, profile, 'require-approval': requireApproval } = values;
  if (stage === undefined) throw new UsageError('--stage is needed: which stage is to be deployed?');
  if (requireApproval !== undefined && !APPROVALS.includes(requireApproval)) {
    throw new UsageError(`--require-approval is one of ${APPROVALS.join(', ')}; found ${requireApproval}`);
  }
  for (const argument of further) {
    const [, instead] = FORBIDDEN_CDK_ARGUMENTS.find(([pattern]) => pattern.test(argument)) ?? [];
    if (instead !== undefined) throw new UsageError(`${argument} cannot be passed on: ${instead}`);
  }
  return {
    stage,
    profile: parseProfile(profile),
    requireApproval,
    dryRun: values['dry-run'],
    cdkArguments: further,
  };
}

/** @throws UsageError */
export function parseProfile(profile: string | undefined): string | undefined {
  if (profile !== undefined && !PROFILE.test(profile))
    throw new UsageError('--profile: not a name of a profile');
  return profile;
}
