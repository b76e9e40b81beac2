import type { Template } from '#lib/checks/template.ts';
import type { StageSettings } from '#lib/settings/stage.ts';

/** The templates of a stage, with which the docs are compared. */
export interface SynthesizedStage {
  readonly settings: StageSettings;
  readonly templates: readonly Template[];
}

/** Returns the properties of all resources of one type in a stage. */
function propertiesOf(
  { templates }: SynthesizedStage,
  type: string,
): readonly Readonly<Record<string, unknown>>[] {
  return templates.flatMap(({ Resources = {} }) =>
    Object.values(Resources).flatMap(({ Type, Properties = {} }) => (Type === type ? [Properties] : [])),
  );
}

/** Returns the names of a stage's alarms in the notation of docs/operations.md, which is the same for every stage. */
export function alarmsOf(stage: SynthesizedStage): readonly string[] {
  const { installation } = stage.settings;
  return propertiesOf(stage, 'AWS::CloudWatch::Alarm').map(({ AlarmName }) =>
    String(AlarmName)
      .replace(`${installation} `, '')
      .replace(new RegExp(`^${installation}-.+ (at capacity|idle)$`), '<capacity provider> $1')
      .replace(/^file system \d+ /, 'file system <n> ')
      .replace(/^janitor-\d+ /, 'janitor-<n> '),
  );
}

export function outputsOf({ templates }: SynthesizedStage): readonly string[] {
  return templates.flatMap(({ Outputs = {} }) => Object.keys(Outputs));
}

/** Returns those of the named log groups that a stage does not have. */
export function missingLogGroups(named: readonly string[], stage: SynthesizedStage): readonly string[] {
  const groups = propertiesOf(stage, 'AWS::Logs::LogGroup').map(({ LogGroupName }) => LogGroupName);
  const { installation } = stage.settings;
  return named.filter(
    (name) => !groups.includes(name.replace('<installation>', installation).replace('<function>', 'drive')),
  );
}
