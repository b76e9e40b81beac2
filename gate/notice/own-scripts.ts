import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether the policies of a document let it run a script of its own origin, and let that send requests to its origin. A policy that
 * would report the script is read like one that refuses it. What is not certain counts as refused.
 */
export function allowsOwnScripts(headers: IncomingHttpHeaders): boolean {
  const lists = [headers['content-security-policy'], headers['content-security-policy-report-only']];
  return lists.every((list) =>
    String(list ?? '')
      .split(',')
      .every(allowsOwn),
  );
}

function allowsOwn(policy: string): boolean {
  const directives = new Map<string, readonly string[]>();
  for (const directive of policy.split(';')) {
    const [name = '', ...sources] = directive.trim().toLowerCase().split(/\s+/);
    // Browsers ignore a repeated directive.
    if (name !== '' && !directives.has(name)) directives.set(name, sources);
  }
  // In a sandbox, the document may have no origin.
  if (directives.has('sandbox')) return false;
  const fallback = directives.get('default-src');
  const scripts = directives.get('script-src-elem') ?? directives.get('script-src') ?? fallback;
  const requests = directives.get('connect-src') ?? fallback;
  return includesOwn(scripts) && includesOwn(requests);
}

function includesOwn(sources: readonly string[] | undefined): boolean {
  if (sources === undefined) return true;
  // With `'strict-dynamic'` browsers ignore `'self'`.
  if (sources.includes("'strict-dynamic'")) return false;
  return sources.includes("'self'") || sources.includes('*');
}
