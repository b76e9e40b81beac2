import type { StageSettings } from '#lib/settings/stage.ts';

/** Names that are reserved for examples (RFC 2606): nobody is ever reached there. */
const EXAMPLE = /(^|[/.@])example\.(com|net|org)([/:]|$)/;

/** Where the settings still hold an address of the example, as one would write it: `alarms.email`. */
export function findPlaceholders(settings: StageSettings): readonly string[] {
  return placeholderPaths(settings, '');
}

function placeholderPaths(value: unknown, path: string): readonly string[] {
  if (typeof value === 'string') return EXAMPLE.test(value) ? [path] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    placeholderPaths(inner, Array.isArray(value) ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`),
  );
}
