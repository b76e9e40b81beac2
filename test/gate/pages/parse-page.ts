/** An element of a page. */
export interface PageElement {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: (PageElement | string)[];
}

const VOID = new Set(['meta', 'input']);
const TOKEN = /<!doctype html>|<\/([a-z0-9]+)>|<([a-z0-9]+)((?: [a-z-]+(?:="[^"<>]*")?)*)>|([^<>]+)/y;
const ATTRIBUTE = / ([a-z-]+)(?:="([^"]*)")?/g;

/**
 * Parses a page of the gate. It accepts only HTML that every parser reads in the same way: each element is closed, each
 * value is quoted, and texts have no character that must be a reference.
 * @throws Error at the first deviation
 */
export function parsePage(page: string): PageElement {
  const root: PageElement = { tag: '#root', attributes: {}, children: [] };
  const open = [root];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < page.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(page);
    if (match === null) throw new Error(`no HTML: ${page.slice(at, at + 60)}`);
    const [token, closing, opening, attributes = '', text] = match;
    const parent = open.at(-1) ?? root;
    if (closing !== undefined) {
      if (open.pop()?.tag !== closing) throw new Error(`${token} closes ${parent.tag}`);
    } else if (opening !== undefined) {
      const element = { tag: opening, attributes: parseAttributes(attributes), children: [] };
      parent.children.push(element);
      if (!VOID.has(opening)) open.push(element);
    } else if (text !== undefined) {
      parent.children.push(parent.tag === 'style' || parent.tag === 'script' ? text : unescapeHtml(text));
    } else if (at !== 0) throw new Error('the doctype is not at the beginning');
  }
  if (open.length !== 1) throw new Error(`${open.at(-1)?.tag} is not closed`);
  return root;
}

function parseAttributes(text: string): Readonly<Record<string, string>> {
  const attributes = [...text.matchAll(ATTRIBUTE)].map(
    ([, name = '', value = '']) => [name, unescapeHtml(value)] as const,
  );
  if (new Set(attributes.map(([name]) => name)).size < attributes.length)
    throw new Error(`an attribute is repeated:${text}`);
  return Object.fromEntries(attributes);
}

function unescapeHtml(text: string): string {
  if (/&(?!#\d+;|(lt|gt|amp);)/.test(text)) throw new Error(`an ampersand is not escaped: ${text}`);
  const named: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&amp;': '&' };
  return text.replace(
    /&(?:lt|gt|amp);|&#(\d+);/g,
    (reference, code) => named[reference] ?? String.fromCodePoint(Number(code)),
  );
}

/** Every element below this one, in the order of the document. */
export function listElements(element: PageElement, tag?: string): readonly PageElement[] {
  const all = element.children.flatMap((child) =>
    typeof child === 'string' ? [] : [child, ...listElements(child)],
  );
  return tag === undefined ? all : all.filter((found) => found.tag === tag);
}

/** The text of an element and of all below it, with single spaces. */
export function textOf(element: PageElement): string {
  return rawTextOf(element).replace(/\s+/g, ' ').trim();
}

export function rawTextOf({ children }: PageElement): string {
  return children.map((child) => (typeof child === 'string' ? child : rawTextOf(child))).join('');
}
