/**
 * `npm run costs`: what each stage costs, by listed prices. docs/costs.md holds the same with the usual assumptions;
 * here they can be changed. `--help` lists them.
 */
import { StageSettingsError } from '#lib/settings/stage-error.ts';
import { runTool } from './command-line.ts';
import { ASSUMPTION_NAMES, ASSUMPTIONS, parseCostArguments } from './costs/assumptions.ts';
import { stageSection } from './costs/page.ts';
import { allStageCosts, stageCosts } from './costs/stage-costs.ts';

const HELP = `npm run costs -- [--stage NAME] [--ASSUMPTION NUMBER]...

Prints what a stage costs: idle, by running and by stopped workbench, by a million polls. Without --stage: all.

${ASSUMPTION_NAMES.map((name) => {
  const { default: byDefault, unit, what } = ASSUMPTIONS[name];
  return `  --${`${name} N`.padEnd(24)} ${what} (${unit}; default ${byDefault})`;
}).join('\n')}
`;

await runTool(async () => {
  const given = parseCostArguments(process.argv.slice(2));
  if (given === undefined) {
    console.log(HELP);
    return;
  }
  const { stage, assumed } = given;
  const all = stage === undefined ? await allStageCosts(assumed) : [await stageCosts(stage, assumed)];
  console.log(all.map((costs) => stageSection(costs, assumed)).join('\n'));
}, [StageSettingsError]);
