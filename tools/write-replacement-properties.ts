/**
 * `node tools/write-replacement-properties.ts`: writes lib/checks/replacement-properties.json, the properties whose
 * change makes CloudFormation replace a resource, for the resource types that the stacks use. The source is the
 * database of CloudFormation resource types in the CDK command, whose format is not public: run this after an update of
 * aws-cdk, or when test/lib/checks/replacements.test.ts reports a missing type.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { StageSettings } from '#lib/settings/stage.ts';
import { exampleStage } from './docs/example-stage.ts';
import { synthesizeByStack } from './synthesize-stage.ts';

const ROOT = join(import.meta.dirname, '..');
const OUTPUT = join(ROOT, 'lib/checks/replacement-properties.json');

interface PropertyType {
  readonly type: string;
  readonly reference?: { readonly $ref: string };
  readonly element?: PropertyType;
  readonly types?: readonly PropertyType[];
}

interface Property {
  readonly type: PropertyType;
  readonly causesReplacement?: 'yes' | 'no' | 'maybe';
}

interface Entity {
  readonly $id: string;
  readonly cloudFormationType?: string;
  readonly properties?: Readonly<Record<string, Property>>;
}

interface Database {
  readonly schema: Readonly<Record<'resource' | 'typeDefinition', { readonly entities: readonly Entity[] }>>;
}

const database = JSON.parse(
  gunzipSync(readFileSync(join(ROOT, 'node_modules/aws-cdk/db.json.gz'))).toString(),
) as Database;
const definitions = new Map(database.schema.typeDefinition.entities.map((entity) => [entity.$id, entity]));
const resources = new Map(
  database.schema.resource.entities.map((entity) => [entity.cloudFormationType, entity]),
);

/** Returns the paths of properties that cause a replacement, such as `SubnetId` or `LaunchTemplate.Id`. */
function pathsOf({ properties = {} }: Entity, ancestors: readonly Entity[] = []): readonly string[] {
  return Object.entries(properties).flatMap(([name, { type, causesReplacement = 'no' }]) => {
    if (causesReplacement !== 'no') return [name];
    return definitionsOf(type)
      .filter((definition) => !ancestors.includes(definition))
      .flatMap((definition) => pathsOf(definition, [...ancestors, definition]))
      .map((path) => `${name}.${path}`);
  });
}

function definitionsOf({ reference, element, types = [] }: PropertyType): readonly Entity[] {
  const definition = reference === undefined ? undefined : definitions.get(reference.$ref);
  return [
    ...(definition === undefined ? [] : [definition]),
    ...(element === undefined ? [] : definitionsOf(element)),
    ...types.flatMap(definitionsOf),
  ];
}

async function typesOf(settings: StageSettings): Promise<readonly string[]> {
  const templates = await synthesizeByStack(settings);
  return [...templates.values()].flatMap(({ Resources = {} }) =>
    Object.values(Resources).map(({ Type }) => Type),
  );
}

const types = [...new Set(await typesOf(exampleStage()))].filter((type) => type.startsWith('AWS::')).sort();
const table = types.map((type) => {
  const resource = resources.get(type);
  if (resource === undefined) throw new Error(`the database has no type ${type}`);
  return [type, [...new Set(pathsOf(resource))].sort()];
});
writeFileSync(OUTPUT, `${JSON.stringify(Object.fromEntries(table), undefined, 2)}\n`);
