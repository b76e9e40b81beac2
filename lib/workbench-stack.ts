import { Fn, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { INSTALLATION_TAG } from '#contract/tags.ts';
import type { StageSettings } from './settings/stage.ts';

/** The maximum number of availability zones of the network. */
const ZONES_MAX = 4;

/** Base of all stacks of an installation: sets name, account, region and tags. */
export class WorkbenchStack extends Stack {
  constructor(
    scope: Construct,
    part: string,
    settings: StageSettings,
    props: Pick<StackProps, 'description' | 'terminationProtection'>,
  ) {
    const { installation, account, region } = settings;
    super(scope, `${installation}-${part}`, {
      ...props,
      env: {
        // Without account and region, the credentials decide. Synthesis makes no lookups in the account.
        ...(account === undefined ? {} : { account }),
        ...(region === undefined ? {} : { region }),
      },
    });
    Tags.of(this).add(INSTALLATION_TAG, installation);
  }

  /** CloudFormation resolves the zones at deployment. CDK's default would need credentials at synthesis. */
  override get availabilityZones(): string[] {
    return Array.from({ length: ZONES_MAX }, (_, index) => Fn.select(index, Fn.getAzs()));
  }
}
