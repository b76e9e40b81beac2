import { Template as Assertions } from 'aws-cdk-lib/assertions';
import type { Resource, Templates } from '#lib/checks/template.ts';
import { resourcesOf } from '#lib/checks/template.ts';
import type { StageSettings } from '#lib/settings/stage.ts';
import { synthesizeByStack } from '#tools/synthesize-stage.ts';

export type Part = 'network' | 'data' | 'cluster' | 'api';

/** The stacks of a stage, synthesized once for all tests of a file. */
export interface SynthesizedApp {
  readonly templates: Templates;
  assert(part: Part): Assertions;
  /** Those of a type, by logical id. */
  all(part: Part, type: string): readonly (readonly [id: string, resource: Resource])[];
}

export async function synthesize(settings: StageSettings): Promise<SynthesizedApp> {
  const templates = await synthesizeByStack(settings);
  const of = (part: Part) => {
    const template = templates.get(`${settings.installation}-${part}`);
    if (template === undefined) throw new Error(`there is no stack ${part}`);
    return template;
  };
  return {
    templates,
    assert: (part) => Assertions.fromJSON(of(part) as Record<string, unknown>),
    all: (part, type) => resourcesOf(of(part)).filter(([, resource]) => resource.Type === type),
  };
}

/** What stands at a path in a value of a template; undefined where there is no such path. */
export function valueAt(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, name) => (inner as Readonly<Record<string | number, unknown>> | undefined)?.[name],
    value,
  );
}
