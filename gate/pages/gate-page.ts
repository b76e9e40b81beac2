/** A response of the gate itself: a page for browsers, JSON for other clients. */
export interface GatePage {
  readonly status: number;
  /** Shown in the tab. */
  readonly title: string;
  readonly heading: string;
  readonly body: Markup;
  readonly json: Readonly<Record<string, unknown>>;
  /**
   * The page requests its own address again after this time, and programs find it in `Retry-After`. The request is a GET
   * like the first one, so it starts nothing and keeps the path that the user asked for.
   */
  readonly reloadAfterSeconds?: number;
  /** The only script of the page: a constant text. The page also works without it. */
  readonly script?: string;
  /** In addition to the headers of every page. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Present if the page has a form: the origins to which its response may redirect, besides the page's own. */
  readonly formTargets?: readonly string[];
  /** Present for visitors with a session: who is signed in, and the path at which they sign out. */
  readonly account?: { readonly userId: string; readonly path: string };
  /** No other page may show this one in a frame, even if the settings allow it: a click on it gives access. */
  readonly neverFramed?: true;
}

/** Where a form of a page for a workbench leads. */
export interface WorkbenchAddress {
  /** The path of the workbench in its public URL, without a slash at the end. Empty on a host of its own. */
  readonly prefix: string;
  /** The path and query that the user asked for, as in the public URL. */
  readonly path: string;
}

/** HTML that is safe to send. `html` is the only way to make it, and it escapes every value. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A value in a template. Texts are escaped, markup is not, and undefined leaves nothing. */
export type MarkupValue = string | number | Markup | readonly Markup[] | undefined;

/** The tag of template literals: `html\`<p>${text}</p>\``. Attribute values must be in double quotes. */
export function html(literals: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  return new Markup(
    literals.reduce((text, literal, index) => `${text}${toHtml(values[index - 1])}${literal}`),
  );
}

function toHtml(value: MarkupValue): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(({ text }) => text).join('\n');
  return escapeHtml(String(value));
}

/** HTML allows no control characters except these three, not even as references. */
const FORBIDDEN = /(?![\t\n\r])\p{Cc}/gu;

export function escapeHtml(text: string): string {
  return text
    .replace(FORBIDDEN, '\ufffd')
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
