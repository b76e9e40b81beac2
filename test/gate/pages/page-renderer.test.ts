import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readGateSettings } from '#contract/settings/gate-settings.ts';
import { contrastOf, lookOf, PALETTE, PageRenderer, textColorOn } from '#gate/pages/page-renderer.ts';
import { anyCodePoint } from '#test/builders/any-code-point.ts';
import { allPages } from './all-pages.ts';
import { DEFAULT_LOOK } from './default-look.ts';
import { listElements, type PageElement, parsePage, rawTextOf, textOf } from './parse-page.ts';

const RENDERER = new PageRenderer(DEFAULT_LOOK);
const PAGES = Object.entries(allPages('Ada’s <b>bench</b>'));

function elementsOf(root: PageElement, tag: string): readonly PageElement[] {
  return listElements(root, tag);
}

describe.each(PAGES)('the page "%s"', (_, page) => {
  const root = parsePage(RENDERER.render(page));

  test('has a language, a title with the name of the installation, and one of each landmark', () => {
    expect(elementsOf(root, 'html').map(({ attributes }) => attributes)).toEqual([{ lang: 'en' }]);
    expect(elementsOf(root, 'title').map(textOf)).toEqual([`${page.title} – Workbenches`]);
    for (const tag of ['header', 'main', 'h1']) expect(elementsOf(root, tag).length, tag).toBe(1);
    const [main] = elementsOf(root, 'main');
    expect(elementsOf(main as PageElement, 'h1').map(textOf)).toEqual([page.heading]);
    expect(elementsOf(root, 'meta').map(({ attributes }) => attributes)).toContainEqual({
      name: 'viewport',
      content: 'width=device-width, initial-scale=1',
    });
  });

  test('has texts of whole sentences, and a name for each control', () => {
    for (const paragraph of elementsOf(root, 'p').map(textOf)) expect(paragraph).toMatch(/\S/);
    for (const button of [...elementsOf(root, 'button'), ...elementsOf(root, 'a')])
      expect(textOf(button)).toMatch(/\w/);
    const labelled = elementsOf(root, 'label').flatMap((label) => elementsOf(label, 'input'));
    const visible = elementsOf(root, 'input').filter(({ attributes }) => attributes.type !== 'hidden');
    expect(labelled).toEqual(visible);
  });

  test('loads nothing, runs no script but its own, and its form is sent with an Origin header', () => {
    const tags = new Set(listElements(root).map(({ tag }) => tag));
    expect(elementsOf(root, 'script').map(rawTextOf)).toEqual(page.script === undefined ? [] : [page.script]);
    for (const tag of ['link', 'img', 'iframe', 'object', 'base']) expect(tags).not.toContain(tag);
    for (const { attributes } of listElements(root))
      expect(Object.keys(attributes).filter((name) => /^(on|src|style)/.test(name))).toEqual([]);
    const headers = RENDERER.headersOf(page);
    const hasForm = elementsOf(root, 'form').length > 0;
    expect(page.formTargets !== undefined).toBe(hasForm);
    // With `no-referrer` the header would be `null`, and the gate would refuse the form.
    expect(headers['referrer-policy']).toBe(hasForm ? 'strict-origin' : 'no-referrer');
    for (const { attributes } of elementsOf(root, 'form')) {
      expect(attributes.method).toBe('post');
      expect(attributes.action).toMatch(/^\/\.wb\//);
    }
  });

  test('is not stored, is not sniffed, and allows only its own style and script', () => {
    const headers = RENDERER.headersOf(page);
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['x-content-type-options']).toBe('nosniff');
    const policy = headers['content-security-policy'] ?? '';
    const [style] = elementsOf(root, 'style').map(rawTextOf);
    const hashOf = (text = '') => createHash('sha256').update(text).digest('base64');
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `style-src 'sha256-${hashOf(style)}'`,
      ...(page.script === undefined ? [] : [`script-src 'sha256-${hashOf(page.script)}'`]),
      "base-uri 'none'",
      page.formTargets === undefined ? "form-action 'none'" : "form-action 'self'",
      page.neverFramed ? "frame-ancestors 'none'" : "frame-ancestors 'self'",
    ]);
  });

  test('has Retry-After for programs when it reloads, and has JSON with a message', () => {
    const refreshes = elementsOf(root, 'meta').filter(({ attributes }) => 'http-equiv' in attributes);
    const seconds = page.reloadAfterSeconds;
    // Without a URL in it the browser requests the same address again, with the path that the user asked for.
    expect(refreshes.map(({ attributes }) => attributes)).toEqual(
      seconds === undefined ? [] : [{ 'http-equiv': 'refresh', content: String(seconds) }],
    );
    if (seconds !== undefined) expect(RENDERER.headersOf(page)['retry-after']).toBe(String(seconds));
    expect(page.json.message).toMatch(/^[A-Z].*\.$/);
  });
});

const MARKUP = '<script>alert(1)</script>"\'`&amp;&#60;</title></style><!--]]>';
const anyText = () =>
  fc
    .oneof(
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc.string({ unit: anyCodePoint(), maxLength: 40 }),
      fc.constantFrom(
        MARKUP,
        '👩‍🔬 Ada',
        '\u202eright-to-left',
        'عادة',
        '<&>"\'',
        'javascript:alert(1)',
        '"><b x="',
      ),
    )
    .map((text) => `x${text}`);

test('every page has the texts of users as text only', () => {
  const namesOf = (text: string) =>
    Object.values(allPages(text)).map((page) =>
      listElements(parsePage(RENDERER.render(page))).map(
        ({ tag, attributes }) => `${tag} ${Object.keys(attributes)}`,
      ),
    );
  const structure = namesOf('x');
  fc.assert(
    fc.property(anyText(), (text) => {
      expect(namesOf(text)).toEqual(structure);
      const shown = text.replace(/(?![\t\n\r])\p{Cc}/gu, '\ufffd');
      const page = parsePage(RENDERER.render(allPages(text).stopped as never));
      expect(elementsOf(page, 'h1').map(rawTextOf)).toEqual([shown]);
      const back = elementsOf(page, 'input').map(({ attributes }) => attributes.value);
      expect(back).toEqual([`/${shown}`]);
    }),
  );
});

describe('the look of an installation', () => {
  test('has its name, its color and the frontends that embed it', () => {
    const renderer = new PageRenderer(
      lookOf(
        readGateSettings({
          WB_GATE_NAME: 'A & B <Lab>',
          WB_GATE_COLOR: '#ffcc00',
          WB_GATE_FRAME_ANCESTORS: 'https://a.example,https://b.example:8443',
        }),
      ),
    );
    const { enter, stopped } = allPages('x');
    if (enter === undefined || stopped === undefined) throw new Error('no such page');
    const root = parsePage(renderer.render(stopped));
    expect(elementsOf(root, 'header').map(textOf)).toEqual(['A & B <Lab>']);
    expect(elementsOf(root, 'title').map(textOf)).toEqual(['x: stopped – A & B <Lab>']);
    expect(elementsOf(root, 'style').map(textOf)[0]).toContain('--brand:#ffcc00;--on-brand:#000000');
    const policyOf = (page: typeof enter) => renderer.headersOf(page)['content-security-policy'];
    expect(policyOf(stopped)).toMatch(
      /frame-ancestors 'self' https:\/\/a\.example https:\/\/b\.example:8443$/,
    );
    expect(policyOf(enter)).toMatch(/frame-ancestors 'none'$/);
  });

  test('lets a form redirect to the given origins only', () => {
    const { secret } = allPages('x');
    if (secret === undefined) throw new Error('no such page');
    const headers = RENDERER.headersOf({ ...secret, formTargets: ['http://*.localhost:8998'] });
    expect(headers['content-security-policy']).toContain("form-action 'self' http://*.localhost:8998;");
  });

  test('has readable texts in light and dark', () => {
    for (const scheme of [0, 1] as const) {
      const background = PALETTE.background[scheme];
      for (const name of ['text', 'note', 'link'] as const)
        expect(contrastOf(PALETTE[name][scheme], background), name).toBeGreaterThanOrEqual(4.5);
    }
  });

  test('has readable texts on every color', () => {
    const channel = fc.integer({ min: 0, max: 255 }).map((value) => value.toString(16).padStart(2, '0'));
    fc.assert(
      fc.property(channel, channel, channel, (red, green, blue) => {
        const color = `#${red}${green}${blue}`;
        expect(contrastOf(textColorOn(color), color)).toBeGreaterThanOrEqual(4.5);
      }),
    );
  });

  test('computes the contrasts of WCAG', () => {
    expect(contrastOf('#000000', '#ffffff')).toBeCloseTo(21, 5);
    expect(contrastOf('#767676', '#ffffff')).toBeCloseTo(4.54, 2);
    expect(contrastOf('#ff0000', '#ffffff')).toBeCloseTo(4, 2);
  });
});
