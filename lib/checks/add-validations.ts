import {
  type App,
  CloudFormationValidatePlugin,
  type IPolicyValidationPlugin,
  Validations,
} from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { ControlTowerRules } from './control-tower.ts';

/** Has cdk-nag and cfn-guard look at what is synthesized, beside CDK's own validation; what they find is an error. */
export function addValidations(app: App): void {
  const controlTower = new ControlTowerRules();
  // Named so that it comes in between; CDK would add it by itself, at the end.
  const own =
    process.env.CDK_VALIDATION === 'false'
      ? []
      : [new CloudFormationValidatePlugin() as IPolicyValidationPlugin];
  Validations.of(app).addPlugins(controlTower.begin, new AwsSolutionsChecks(), ...own, controlTower);
}
