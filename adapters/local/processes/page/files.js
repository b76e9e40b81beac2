/** The requests of the page: relative to it, so that it works under any path. */

/** What the workbench answered, or that it did not. */
export class Problem extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

async function ask(address, options) {
  let response;
  try {
    response = await fetch(address, { ...options, cache: 'no-store' });
  } catch {
    throw new Problem('unreachable', 'The workbench does not answer. Try again in a moment.');
  }
  if (response.ok) return response;
  // Whoever stands before the workbench answers while it does not run, and not in these words.
  const body = await response.json().catch(() => ({}));
  const { code = 'unreachable', message = 'The workbench is not running.' } = body?.error ?? {};
  throw new Problem(code, message);
}

function at(kind, path) {
  return `api/${kind}?path=${encodeURIComponent(path)}`;
}

export async function workbenchName() {
  return (await (await ask('api/workbench')).json()).name;
}

export async function listFolder(path) {
  return await (await ask(at('folder', path))).json();
}

export async function readFile(path) {
  const response = await ask(at('file', path));
  // Keeps a byte order mark, which the file should have again when it is saved.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return { text: decoder.decode(await response.arrayBuffer()), tag: response.headers.get('etag') };
}

/** @param {string | undefined} tag what the file must still be; undefined: there must be none */
export async function saveFile(path, text, tag) {
  const expected = tag === undefined ? { 'if-none-match': '*' } : { 'if-match': tag };
  const response = await ask(at('file', path), {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream', ...expected },
    body: new TextEncoder().encode(text),
  });
  return response.headers.get('etag');
}

export async function makeFolder(path) {
  await ask('api/folder', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ path }),
  });
}
