/**
 * The CDK app; cdk.json starts it. `-c stage=<name>` selects stages/<name>.json, and cdk.json sets the default stage.
 * `npm run synth` passes several names, separated by commas, to synthesize the stacks of all of them.
 */
import { App } from 'aws-cdk-lib';
import { addStacks } from '#lib/add-stacks.ts';
import { addValidations } from '#lib/checks/add-validations.ts';
import { checkAssembly, UndeployableError } from '#lib/checks/assembly.ts';
import { readStage } from '#lib/settings/read-stage.ts';
import type { StageSettings } from '#lib/settings/stage.ts';
import { StageSettingsError } from '#lib/settings/stage-error.ts';
import { builtConsole, ConsoleBuildError } from '#tools/built-console.ts';
import { BUNDLES, bundleFunctions } from '#tools/bundle.ts';

const app = new App();
const stageNames: unknown = app.node.tryGetContext('stage');
/** A folder that already contains the bundles. Without it the functions are bundled here. */
const bundlesFolder: unknown = app.node.tryGetContext('bundles');
/** The same for the console. */
const consoleContext: unknown = app.node.tryGetContext('console');
try {
  const stages = String(stageNames)
    .split(',')
    .map((stage) => readStage(stage));
  const bundles = bundlesFolder === undefined ? BUNDLES : String(bundlesFolder);
  if (bundlesFolder === undefined) await bundleFunctions();
  const consoleFolder = consoleContext ?? (await consoleOf(stages));
  for (const settings of stages)
    addStacks(app, settings, bundles, consoleFolder === undefined ? undefined : String(consoleFolder));
  addValidations(app);
  await checkAssembly(app.synth());
} catch (error) {
  // An operator reads errors in settings or templates; the stack trace would not help.
  const isForOperators = [StageSettingsError, UndeployableError, ConsoleBuildError].some(
    (kind) => error instanceof kind,
  );
  if (!isForOperators) throw error;
  console.error((error as Error).message);
  process.exitCode = 1;
}

async function consoleOf(stages: readonly StageSettings[]): Promise<string | undefined> {
  return stages.some(({ console }) => console !== 'none') ? await builtConsole() : undefined;
}
