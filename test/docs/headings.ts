/** A heading in Markdown, with the text up to the next heading of any level. */
export interface Section {
  readonly level: number;
  readonly title: string;
  readonly text: string;
}

export function sectionsOf(markdown: string): readonly Section[] {
  const parts = withoutCode(markdown).split(/^(?=#{1,6} )/m);
  return parts.flatMap((part) => {
    const [, marks = '', title = '', text = ''] = /^(#{1,6}) (.+)\n?([\s\S]*)$/.exec(part) ?? [];
    return marks === '' ? [] : [{ level: marks.length, title, text }];
  });
}

/** Returns the sections below a section of level 2. */
export function subsectionsOf(sections: readonly Section[], title: string): readonly Section[] {
  const rest = sections.slice(sections.findIndex((section) => section.title === title) + 1);
  const end = rest.findIndex(({ level }) => level <= 2);
  return rest.slice(0, end === -1 ? undefined : end);
}

/** Returns the anchor of a heading, as GitHub creates it. */
export function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** Returns the inline code of a page, without code blocks. */
export function codeIn(markdown: string): readonly string[] {
  return [...withoutCode(markdown).matchAll(/`([^`\n]+(?:\n[^`\n]+)?)`/g)].map(([, code = '']) =>
    code.replaceAll(/\s+/g, ' '),
  );
}

function withoutCode(markdown: string): string {
  return markdown.replaceAll(/^( *)```[\s\S]*?^ *```$/gm, '');
}
