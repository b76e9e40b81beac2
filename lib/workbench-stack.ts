import { Fn, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { INSTALLATION_TAG } from '#contract/tags.ts';
import { type Part, UNPROTECTED } from './deployment-names.ts';
import type { StageSettings } from './settings/stage.ts';

/** The maximum number of availability zones of the network. */
const ZONES_MAX = 4;

/** Returns whether a stack and its table are protected from deletion if the settings ask for it. */
export function isProtected(scope: Construct, part: Part): boolean {
  const unprotected: unknown = scope.node.tryGetContext(UNPROTECTED);
  return typeof unprotected !== 'string' || !unprotected.split(',').includes(part);
}

/** Base of all stacks of an installation: sets name, account, region and tags. */
export class WorkbenchStack extends Stack {
  constructor(
    scope: Construct,
    part: Part,
    settings: StageSettings,
    props: Pick<StackProps, 'description' | 'terminationProtection'>,
  ) {
    const { installation, account, region } = settings;
    super(scope, `${installation}-${part}`, {
      ...props,
      terminationProtection: props.terminationProtection === true && isProtected(scope, part),
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
