import { Fn, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { INSTALLATION_TAG } from '#contract/tags.ts';
import type { StageSettings } from './settings/stage.ts';

/** The most zones that a network of ours spans. */
const ZONES_MAX = 4;

/** A stack of an installation: its name, where it goes, its tags. */
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
        // Without them the stack goes wherever the credentials point; nothing is looked up there.
        ...(account === undefined ? {} : { account }),
        ...(region === undefined ? {} : { region }),
      },
    });
    Tags.of(this).add(INSTALLATION_TAG, installation);
  }

  /** Resolved when it is deployed: CDK would ask the account for them, and synthesis needs no credentials. */
  override get availabilityZones(): string[] {
    return Array.from({ length: ZONES_MAX }, (_, at) => Fn.select(at, Fn.getAzs()));
  }
}
