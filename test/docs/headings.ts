/** A heading of a page in Markdown, with what stands below it up to the next of any level. */
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

/** The name by which a link leads to a heading: as GitHub makes it. */
export function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** What stands between backticks, outside blocks of code. */
export function codeIn(markdown: string): readonly string[] {
  return [...withoutCode(markdown).matchAll(/`([^`\n]+(?:\n[^`\n]+)?)`/g)].map(([, code = '']) =>
    code.replaceAll(/\s+/g, ' '),
  );
}

function withoutCode(markdown: string): string {
  return markdown.replaceAll(/^( *)```[\s\S]*?^ *```$/gm, '');
}
