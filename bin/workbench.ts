/**
 * The CDK app, as cdk.json starts it. `-c stage=<name>` chooses settings/<name>.json; without it cdk.json does.
 * Several names with commas between them make the stacks of all, for `npm run synth`.
 */
import { App } from 'aws-cdk-lib';
import { addStacks } from '#lib/add-stacks.ts';
import { addValidations } from '#lib/checks/add-validations.ts';
import { checkAssembly, UndeployableError } from '#lib/checks/assembly.ts';
import { readStage } from '#lib/settings/read-stage.ts';
import { StageSettingsError } from '#lib/settings/stage-error.ts';
import { BUNDLES, bundleFunctions } from '#tools/bundle.ts';

const app = new App();
const chosen: unknown = app.node.tryGetContext('stage');
/** Another folder with bundles than the one that is filled here. */
const given: unknown = app.node.tryGetContext('bundles');
try {
  const stages = String(chosen)
    .split(',')
    .map((stage) => readStage(stage));
  const bundles = given === undefined ? BUNDLES : String(given);
  if (given === undefined) await bundleFunctions();
  for (const settings of stages) addStacks(app, settings, bundles);
  addValidations(app);
  await checkAssembly(app.synth());
} catch (error) {
  // What is wrong with settings or templates is for people: where this program found it out is not.
  if (!(error instanceof StageSettingsError || error instanceof UndeployableError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
