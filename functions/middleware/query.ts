/**
 * The query as it was sent. Read from the raw string, because API Gateway's own reading joins repeated
 * parameters with a comma, and `user_id=a,b` is a user's name while `user_id=a&user_id=b` is an error.
 */
export interface Query {
  /** The value of a parameter that was given once. */
  readonly values: ReadonlyMap<string, string>;
  /** What is wrong with which parameter. */
  readonly invalidParameters: ReadonlyMap<string, string>;
}

/**
 * Decodes strictly: `+` is a space, a percent sign stands before two hexadecimal digits, and the bytes are
 * UTF-8. Names not asked for are passed over, so that a proxy or a cache may add its own.
 */
export function readQuery(raw: string | undefined, names: readonly string[]): Query {
  const values = new Map<string, string>();
  const faults = new Map<string, string>();
  for (const pair of (raw ?? '').split('&')) {
    const at = pair.indexOf('=');
    const name = decodeParameter(at < 0 ? pair : pair.slice(0, at));
    const value = decodeParameter(at < 0 ? '' : pair.slice(at + 1));
    if (name === undefined) {
      faults.set('query', 'percent-encoded UTF-8');
    } else if (names.includes(name)) {
      if (values.has(name) || faults.has(name)) faults.set(name, 'given once');
      else if (value === undefined) faults.set(name, 'percent-encoded UTF-8');
      else values.set(name, value);
    }
  }
  for (const name of faults.keys()) values.delete(name);
  return { values, invalidParameters: faults };
}

function decodeParameter(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
