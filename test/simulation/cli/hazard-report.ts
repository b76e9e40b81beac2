import { type Environment, environmentLine } from '../../../bench/environment.ts';
import { markdownTable } from '../../../bench/markdown.ts';
import type { Hazards } from '../world/hazards.ts';
import type { BatchResult, Failure } from './batch.ts';

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
  const failures = results.flatMap(({ failure }) => failure ?? []);
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
 * Renders the table of bench/results/hazards.md.
 * @param whySurvived what the product does, so that the hazard breaks no rule
 */
export function formatHazardReport(
  seed: number,
  environment: Environment,
  hazards: readonly LoneHazard[],
  whySurvived: Readonly<Partial<Record<keyof Hazards, string>>>,
): string {
  const header = [
    'hazard',
    'schedules',
    'happened',
    'violations',
    'why no rule is broken, or the violated rule',
    'replay: npm run simulate --',
  ];
  const rows = hazards.map((hazard) => {
    const { name, failure, schedules, happened, violations } = hazard;
    const why = isSurvived(hazard) ? (whySurvived[name] ?? '') : '';
    const rule = failure?.message.replaceAll('|', '/') ?? why;
    const counts = [
      schedules,
      happened === 0 ? '**0**' : happened,
      violations === 0 ? 0 : `**${violations}**`,
    ];
    return [formatProbabilities(hazard), ...counts.map(String), rule, formatReplay(hazard)];
  });
  return [
    'The hazards of AWS, one at a time, with a raised probability, and the rules that they break: the product after it was',
    'changed for them. The other hazards of AWS are off.',
    `Seed ${seed}, ${environment.date}, ${environmentLine(environment)}. Product of commit ${environment.commit}.`,
    '',
    markdownTable([header, ...rows]),
    '',
  ].join('\n');
}

function formatProbabilities({ probabilities }: LoneHazard): string {
  const options = Object.entries(probabilities).map(([hazard, probability]) => `${hazard}=${probability}`);
  return options.join(', ');
}

function formatReplay(hazard: LoneHazard): string {
  const { failure } = hazard;
  if (failure === undefined) return '';
  const options = formatProbabilities(hazard).replaceAll(', ', ',');
  return `\`--seed ${failure.seed} --replay ${failure.path} --hazards base --hazard ${options}\``;
}
