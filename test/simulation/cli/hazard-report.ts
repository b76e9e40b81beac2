import { type Environment, environmentLine } from '../../../bench/environment.ts';
import type { Hazards } from '../world/hazards.ts';
import type { BatchResult, Failure } from './batch.ts';
import type { ResultTable } from './table-file.ts';

/** What happened in the schedules with one hazard of AWS. */
export interface LoneHazard {
  readonly name: keyof Hazards;
  /** The probabilities of the hazard, and of another one that it needs. */
  readonly probabilities: Partial<Hazards>;
  readonly schedules: number;
  readonly happened: number;
  /** Schedules that broke a rule. Each batch ends with its first one. */
  readonly violations: number;
  readonly failure?: Failure;
}

/** Sums the batches of one hazard. */
export function summarizeHazard(
  name: keyof Hazards,
  probabilities: Partial<Hazards>,
  results: readonly BatchResult[],
): LoneHazard {
  const failures = results.flatMap((result) => result.failures);
  const [failure] = failures;
  const counts = results.flatMap(({ hazards }) => hazards).filter(([happened]) => happened === name);
  return {
    name,
    probabilities,
    schedules: results.reduce((sum, { schedules }) => sum + schedules, 0),
    happened: counts.reduce((sum, [, count]) => sum + count, 0),
    violations: failures.length,
    ...(failure === undefined ? {} : { failure }),
  };
}

/** Whether no rule was broken although the hazard happened. */
export function isSurvived({ happened, violations }: LoneHazard): boolean {
  return happened > 0 && violations === 0;
}

/**
 * The table of bench/results/hazards.md, without its rows.
 * @param probabilities those of each hazard that the table can have
 */
export function hazardTable(
  seed: number,
  environment: Environment,
  probabilities: readonly LoneHazard['probabilities'][],
): ResultTable {
  return {
    intro: [
      `The hazards of AWS, one at a time, with a raised probability, and the rules that they break. Seed ${seed}.`,
      `The other hazards of AWS are off. Last run: ${environment.date}, ${environmentLine(environment)}.`,
    ],
    header: [
      'hazard',
      'schedules',
      'happened',
      'violations',
      'why no rule is broken, or the violated rule',
      'replay: npm run simulate --',
      'commit',
    ],
    keys: probabilities.map(formatProbabilities),
  };
}

/**
 * The row of a hazard.
 * @param whySurvived what the product does, so that the hazard breaks no rule
 */
export function hazardRow(hazard: LoneHazard, whySurvived: string, commit: string): readonly string[] {
  const { failure, probabilities, schedules, happened, violations } = hazard;
  const counts = [schedules, happened === 0 ? '**0**' : happened, violations === 0 ? 0 : `**${violations}**`];
  const why = isSurvived(hazard) ? whySurvived : '';
  const key = formatProbabilities(probabilities);
  return [key, ...counts.map(String), failure?.message ?? why, formatReplay(hazard), commit];
}

function formatProbabilities(probabilities: LoneHazard['probabilities']): string {
  const options = Object.entries(probabilities).map(([hazard, probability]) => `${hazard}=${probability}`);
  return options.join(', ');
}

function formatReplay(hazard: LoneHazard): string {
  const { failure } = hazard;
  if (failure === undefined) return '';
  const options = formatProbabilities(hazard.probabilities).replaceAll(', ', ',');
  return `\`--seed ${failure.seed} --replay ${failure.path} --hazards base --hazard ${options}\``;
}
