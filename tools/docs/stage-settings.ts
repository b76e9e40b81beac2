import { stageJsonSchema } from '#lib/settings/stage.ts';

/** What is read of a JSON schema, with what lib/settings/setting-types.ts adds to it. */
interface SettingSchema {
  readonly description?: string;
  readonly expected?: string;
  readonly unit?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SettingSchema>>;
  readonly required?: readonly string[];
  readonly items?: SettingSchema;
  readonly anyOf?: readonly SettingSchema[];
}

/** The schema that editors use, by `$schema` in a stage's file: without what only the docs show. */
export function stageSchemaText(): string {
  const text = JSON.stringify(
    stageJsonSchema(),
    (key, value: unknown) => (key === 'expected' || key === 'unit' ? undefined : value),
    2,
  );
  return `${text}\n`;
}

/** The part of docs/settings.md about settings/<stage>.json. */
export function stageSettingsSection(): string {
  const head = ['setting', 'unit', 'accepted', 'default', 'meaning'];
  const rows = rowsOf(stageJsonSchema() as SettingSchema, '', true).filter(([path]) => path !== '`$schema`');
  const table = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return [
    '## Stages',
    'Everything about a deployment on AWS stands in `settings/<stage>.json`. It is checked as a whole before anything is deployed, and every fault is told with its path; what is not listed here is a fault too. `functions` takes the settings of the functions, above, whose names begin with `WB_`.',
    table.join('\n'),
  ].join('\n\n');
}

function rowsOf(schema: SettingSchema, path: string, required: boolean): string[][] {
  const own = path === '' ? [] : [stageRow(schema, path, required)];
  // The settings of the functions are listed under their own names already.
  if (path === 'functions') return own;
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    rowsOf(child, path === '' ? name : `${path}.${name}`, schema.required?.includes(name) ?? false),
  );
  const groups = (schema.items?.anyOf ?? schema.anyOf ?? (schema.items ? [schema.items] : [])).filter(
    ({ properties }) => properties !== undefined,
  );
  const at = schema.items === undefined ? path : `${path}[]`;
  const below = groups.flatMap((group) =>
    Object.entries(group.properties ?? {}).flatMap(([name, child]) =>
      rowsOf(child, `${at}.${name}`, group.required?.includes(name) ?? false),
    ),
  );
  return [...own, ...inner, ...below];
}

function stageRow(schema: SettingSchema, path: string, required: boolean): string[] {
  const group = schema.properties !== undefined;
  return [
    `\`${path}\``,
    schema.unit ?? '',
    group ? '' : (schema.expected ?? ''),
    stageDefaultOf(schema, required),
    schema.description ?? '',
  ].map((cell) => cell.replaceAll('|', '\\|'));
}

function stageDefaultOf(schema: SettingSchema, required: boolean): string {
  if (required) return '*required*';
  const { default: value } = schema;
  if (value === undefined || schema.properties !== undefined) return '';
  return Array.isArray(value) && value.length === 0 ? 'none' : `\`${JSON.stringify(value)}\``;
}
