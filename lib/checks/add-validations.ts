import {
  type App,
  CloudFormationValidatePlugin,
  type IPolicyValidationPlugin,
  Validations,
} from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { ControlTowerRules } from './control-tower.ts';

/**
 * Validates the synthesized templates with cdk-nag and cfn-guard, in addition to CDK's own validation. Findings are
 * errors.
 */
export function addValidations(app: App): void {
  const controlTower = new ControlTowerRules();
  // Listed explicitly to run between `begin` and the Control Tower rules; CDK would add it at the end.
  const cloudFormationValidation =
    process.env.CDK_VALIDATION === 'false'
      ? []
      : [new CloudFormationValidatePlugin() as IPolicyValidationPlugin];
  Validations.of(app).addPlugins(
    controlTower.begin,
    new AwsSolutionsChecks(),
    ...cloudFormationValidation,
    controlTower,
  );
}
