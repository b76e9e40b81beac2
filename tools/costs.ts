/**
 * `npm run costs`: prints the costs of each stage from list prices. docs/costs.md has the costs with the default
 * assumptions; this command can change them. `--help` lists them.
 */
import { StageSettingsError } from '#lib/settings/stage-error.ts';
import { runTool } from './command-line.ts';
import { ASSUMPTION_NAMES, ASSUMPTIONS, parseCostArguments } from './costs/assumptions.ts';
import { stageSection } from './costs/page.ts';
import { allStageCosts, stageCosts } from './costs/stage-costs.ts';

const HELP = `npm run costs -- [--stage NAME] [--ASSUMPTION NUMBER]...

Prints the costs of a stage: idle, for each running and stopped workbench, and for a million polls. Without --stage, of
all stages.

${ASSUMPTION_NAMES.map((name) => {
  const { default: defaultValue, unit, description } = ASSUMPTIONS[name];
  return `  --${`${name} N`.padEnd(24)} ${description} (${unit}; default ${defaultValue})`;
}).join('\n')}
`;

await runTool(async () => {
  const args = parseCostArguments(process.argv.slice(2));
  if (args === undefined) {
    console.log(HELP);
    return;
  }
  const { stage, assumed } = args;
  const costs = stage === undefined ? await allStageCosts(assumed) : [await stageCosts(stage, assumed)];
  console.log(costs.map((stageCost) => stageSection(stageCost, assumed)).join('\n'));
}, [StageSettingsError]);
