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
