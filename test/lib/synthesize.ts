import { Template as Assertions } from 'aws-cdk-lib/assertions';
import type { Resource, Templates } from '#lib/checks/template.ts';
import { resourcesOf } from '#lib/checks/template.ts';
import type { Part } from '#lib/deployment-names.ts';
import type { StageSettings } from '#lib/settings/stage.ts';
import {
  synthesizeGateWithoutApi,
  synthesizeWithoutApi as templatesWithoutApi,
} from '#tools/synthesize-stage.ts';
import { synthesizeShared } from './shared-stage.ts';
import { API_SECRET } from './some-stage.ts';

/** The stacks of a stage. A test file synthesizes them once. */
export interface SynthesizedApp {
  readonly templates: Templates;
  assert(part: Part): Assertions;
  /** Returns the resources of a type, by logical id. */
  all(part: Part, type: string): readonly (readonly [id: string, resource: Resource])[];
}

export async function synthesize(settings: StageSettings): Promise<SynthesizedApp> {
  return readApp(settings, await synthesizeShared(settings));
}

/** In a fraction of the time. */
export async function synthesizeWithoutApi(settings: StageSettings): Promise<SynthesizedApp> {
  return readApp(settings, await templatesWithoutApi(settings));
}

/** With the stack of the gate, in a fraction of the time. */
export async function synthesizeGate(
  settings: StageSettings,
  secret = API_SECRET.secretArn,
): Promise<SynthesizedApp> {
  if (settings.gateway === 'none') throw new Error('the stage has no gate');
  return readApp(settings, await synthesizeGateWithoutApi(settings, settings.gateway, secret));
}

function readApp(settings: StageSettings, templates: Templates): SynthesizedApp {
  const templateOf = (part: Part) => {
    const template = templates.get(`${settings.installation}-${part}`);
    if (template === undefined) throw new Error(`there is no stack ${part}`);
    return template;
  };
  return {
    templates,
    assert: (part) => Assertions.fromJSON(templateOf(part) as Record<string, unknown>),
    all: (part, type) => resourcesOf(templateOf(part)).filter(([, resource]) => resource.Type === type),
  };
}

/** Returns the value at a path in a template, or undefined if the path does not exist. */
export function valueAt(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, name) => (inner as Readonly<Record<string | number, unknown>> | undefined)?.[name],
    value,
  );
}

/** Returns all references to outputs of other stacks. */
export function weakReferencesIn(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return 'Fn::GetStackOutput' in value ? [value] : Object.values(value).flatMap(weakReferencesIn);
}
