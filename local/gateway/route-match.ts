/**
 * Matches requests to routes as HTTP APIs of API Gateway do: on the path as sent, segment by segment. A fixed segment
 * precedes a variable, a variable precedes a greedy one. A trailing slash is a segment.
 */
export interface RouteTemplate {
  readonly method: string;
  /** Such as `/workbenches/{wid}/start`. A last segment `{rest+}` matches all following segments. */
  readonly path: string;
}

export interface RouteMatch<R> {
  readonly route: R;
  /** Decoded values. `%2F` in a segment becomes a slash in the value, not another segment. */
  readonly parameters: Readonly<Record<string, string>>;
}

interface CompiledRoute<R> {
  readonly route: R;
  readonly segments: readonly Segment[];
}

type Segment =
  | { readonly kind: 'fixed'; readonly text: string }
  | { readonly kind: 'variable' | 'greedy'; readonly name: string };

const RANK = { fixed: 0, variable: 1, greedy: 2 };

export class RouteTable<R extends RouteTemplate> {
  readonly #routes: readonly CompiledRoute<R>[];

  constructor(routes: readonly R[], prefix = '') {
    this.#routes = routes
      .map((route) => ({ route, segments: segmentsOf(`${prefix}${route.path}`) }))
      .sort((a, b) => bySpecificity(a.segments, b.segments));
  }

  /**
   * @param path the path as sent, percent-encoded, without the query
   * @throws URIError when the encoding of a segment is invalid
   */
  match(method: string, path: string): RouteMatch<R> | undefined {
    const sent = path.slice(1).split('/');
    const decoded = sent.map(decodeURIComponent);
    for (const { route, segments } of this.#routes) {
      if (route.method !== method) continue;
      const parameters = parametersOf(segments, decoded);
      if (parameters !== undefined) return { route, parameters: Object.fromEntries(parameters) };
    }
    return undefined;
  }
}

function segmentsOf(path: string): readonly Segment[] {
  return path
    .slice(1)
    .split('/')
    .map((text) => {
      const name = /^\{([A-Za-z0-9_]+)(\+?)\}$/.exec(text);
      if (name?.[1] === undefined) return { kind: 'fixed', text };
      return { kind: name[2] === '+' ? 'greedy' : 'variable', name: name[1] };
    });
}

function bySpecificity(a: readonly Segment[], b: readonly Segment[]): number {
  for (const [i, segment] of a.entries()) {
    const other = b[i];
    if (other === undefined) break;
    if (segment.kind !== other.kind) return RANK[segment.kind] - RANK[other.kind];
  }
  return 0;
}

function parametersOf(
  segments: readonly Segment[],
  decoded: readonly string[],
): ReadonlyMap<string, string> | undefined {
  const parameters = new Map<string, string>();
  for (const [i, segment] of segments.entries()) {
    const text = decoded[i];
    if (text === undefined) return undefined;
    if (segment.kind === 'greedy') {
      parameters.set(segment.name, decoded.slice(i).join('/'));
      return parameters;
    }
    if (segment.kind === 'fixed' ? segment.text !== text : text === '') return undefined;
    if (segment.kind === 'variable') parameters.set(segment.name, text);
  }
  return decoded.length === segments.length ? parameters : undefined;
}
