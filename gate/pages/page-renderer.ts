import { createHash } from 'node:crypto';
import type { GateSettingValues } from '#contract/settings/gate-settings.ts';
import { type GatePage, html, Markup } from './gate-page.ts';

/** What an installation chooses of its pages. */
export interface PageLook {
  /** The name of the installation. */
  readonly name: string;
  /** `#rrggbb`: of the bar at the top and of the buttons. */
  readonly color: string;
  /** The origins whose pages may show the pages in a frame, besides the page's own. */
  readonly frameAncestors: readonly string[];
}

export function lookOf(
  settings: Pick<GateSettingValues, 'WB_GATE_NAME' | 'WB_GATE_COLOR' | 'WB_GATE_FRAME_ANCESTORS'>,
): PageLook {
  return {
    name: settings.WB_GATE_NAME,
    color: settings.WB_GATE_COLOR,
    frameAncestors: settings.WB_GATE_FRAME_ANCESTORS,
  };
}

/** The colors of texts, `[light, dark]`. A test computes their contrasts. */
export const PALETTE = {
  background: ['#ffffff', '#14171a'],
  text: ['#1b1f24', '#e8eaed'],
  note: ['#4b535d', '#b0b7c0'],
  link: ['#0b57b0', '#9cc7ff'],
} as const;

/** Makes HTML of pages. They load nothing, and only the page of a link has a script. */
export class PageRenderer {
  readonly #look: PageLook;
  readonly #style: string;
  readonly #styleSource: string;

  constructor(look: PageLook) {
    this.#look = look;
    this.#style = styleOf(look.color);
    this.#styleSource = sourceOf(this.#style);
  }

  /** Whether pages of other origins may show pages in a frame. */
  get mayBeFramed(): boolean {
    return this.#look.frameAncestors.length > 0;
  }

  render({ title, heading, body, reloadAfterSeconds, account, script }: GatePage): string {
    const { name } = this.#look;
    const refresh =
      reloadAfterSeconds === undefined
        ? undefined
        : html`<meta http-equiv="refresh" content="${reloadAfterSeconds}">
`;
    const footer =
      account === undefined
        ? undefined
        : html`<footer class="note">Signed in as <b><bdi>${account.userId}</bdi></b> · <a href="${account.path}">Sign out</a></footer>
`;
    // The style is hashed as it stands, and the colors in it have been checked.
    return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${refresh}<title>${title} – ${name}</title>
<style>${new Markup(this.#style)}</style>
</head>
<body>
<header><bdi>${name}</bdi></header>
<main>
<h1><bdi>${heading}</bdi></h1>
${body}
</main>
${footer}${
  script === undefined
    ? undefined
    : html`<script>${new Markup(script)}</script>
`
}</body>
</html>
`.text;
  }

  /** The headers of a page and of its JSON. */
  headersOf(page: GatePage): Readonly<Record<string, string>> {
    const { reloadAfterSeconds, formTargets, neverFramed, headers, script } = page;
    const frameAncestors = neverFramed ? ["'none'"] : ["'self'", ...this.#look.frameAncestors];
    const formAction = formTargets === undefined ? ["'none'"] : ["'self'", ...formTargets];
    return {
      'cache-control': 'no-store',
      'content-security-policy': [
        "default-src 'none'",
        `style-src ${this.#styleSource}`,
        ...(script === undefined ? [] : [`script-src ${sourceOf(script)}`]),
        "base-uri 'none'",
        `form-action ${formAction.join(' ')}`,
        `frame-ancestors ${frameAncestors.join(' ')}`,
      ].join('; '),
      // Under `no-referrer` browsers send `Origin: null` with a form, and the gate could not recognize its own page.
      'referrer-policy': formTargets === undefined ? 'no-referrer' : 'strict-origin',
      'x-content-type-options': 'nosniff',
      ...(reloadAfterSeconds === undefined ? {} : { 'retry-after': String(reloadAfterSeconds) }),
      ...headers,
    };
  }
}

/** A source of a Content-Security-Policy that allows this text alone. */
function sourceOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

function styleOf(color: string): string {
  const variables = (scheme: 0 | 1) =>
    Object.entries(PALETTE)
      .map(([name, colors]) => `--${name}:${colors[scheme]}`)
      .join(';');
  return `
:root{color-scheme:light dark;${variables(0)};--brand:${color};--on-brand:${textColorOn(color)}}
@media (prefers-color-scheme:dark){:root{${variables(1)}}}
*{box-sizing:border-box}
body{margin:0;font:1rem/1.5 system-ui,sans-serif;color:var(--text);background:var(--background);overflow-wrap:anywhere}
header{padding:.75rem 1rem;font-weight:600;color:var(--on-brand);background:var(--brand)}
main,footer{max-width:44rem;margin:0 auto;padding:1.5rem 1rem}
h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0 1rem}
p,form{margin:.75rem 0}
h2{font-size:1.125rem;margin:1.5rem 0 .5rem}
pre{white-space:pre-wrap}
.note{color:var(--note)}
a{color:var(--link)}
label{display:block;margin:.75rem 0}
input{display:block;width:100%;max-width:28rem;margin-top:.25rem;padding:.5rem;font:inherit;color:inherit;background:transparent;border:1px solid var(--note);border-radius:.25rem}
button{min-height:2.75rem;padding:.5rem 1.25rem;font:inherit;font-weight:600;color:var(--on-brand);background:var(--brand);border:2px solid var(--text);border-radius:.25rem;cursor:pointer}
:focus-visible{outline:3px solid var(--text);outline-offset:3px}
`;
}

/** Contrasts of colors as WCAG 2 defines them. Text needs 4.5, the edge of a control 3. */

/** @param color `#rrggbb` */
function luminanceOf(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Returns 1 to 21. @param first `#rrggbb` @param second `#rrggbb` */
export function contrastOf(first: string, second: string): number {
  const [dark = 0, light = 0] = [luminanceOf(first), luminanceOf(second)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** Returns black or white: the one with the higher contrast on this color. One of them always has a contrast above 4.5. */
export function textColorOn(background: string): '#000000' | '#ffffff' {
  return contrastOf(background, '#ffffff') >= contrastOf(background, '#000000') ? '#ffffff' : '#000000';
}
