import { readFileSync } from 'node:fs';
import { resourcesOf, type Templates, type Violation } from './template.ts';

/**
 * The properties whose change makes CloudFormation replace a resource, by type. tools/write-replacement-properties.ts
 * writes the file.
 */
export const REPLACEMENT_PROPERTIES: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync(new URL('./replacement-properties.json', import.meta.url), 'utf8'),
);

/**
 * Finds weak references to other stacks (`Fn::GetStackOutput`) in properties whose change replaces the resource.
 * CloudFormation does not know the value when it plans an update and may plan a replacement although nothing changed
 * (aws-cdk issue 38829). The replacement of a mount target fails, because a zone can have only one.
 */
export function checkReplacements(templates: Templates): readonly Violation[] {
  return [...templates].flatMap(([stack, template]) =>
    resourcesOf(template).flatMap(([id, { Type, Properties = {} }]) => {
      const weak = [...new Set(weakReferencesIn(Properties))];
      const replacing = REPLACEMENT_PROPERTIES[Type];
      if (weak.length === 0 || !Type.startsWith('AWS::')) return [];
      const problems =
        replacing === undefined
          ? [
              `has references to other stacks, and ${Type} is not in replacement-properties.json: run \`node tools/write-replacement-properties.ts\` with a stage that has the type`,
            ]
          : weak
              .filter((path) => replacing.some((property) => `${path}.`.startsWith(`${property}.`)))
              .map(
                (path) =>
                  `${path} is a weak reference to another stack, and its change replaces the resource: make the reference strong (CrossStackReferences)`,
              );
      return problems.map((problem) => ({ at: `${stack} ${id}`, problem }));
    }),
  );
}

/** Returns the paths of properties with a weak reference, without the positions in lists and without functions. */
function weakReferencesIn(value: unknown, path = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item) => weakReferencesIn(item, path));
  if ('Fn::GetStackOutput' in value) return [path];
  return Object.entries(value).flatMap(([name, inner]) =>
    weakReferencesIn(inner, name.startsWith('Fn::') ? path : path === '' ? name : `${path}.${name}`),
  );
}
