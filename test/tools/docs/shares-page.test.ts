import { describe, expect, it } from 'vitest';
import { sharesPage } from '#tools/docs/shares-page.ts';

describe('docs/shares.md', () => {
  it('has a row for each action and a column for each role, and keeps the rest of the page', () => {
    const page = sharesPage();
    expect(page).toContain('| may | `use` | `manage` | owner | administrator |');
    expect(page).toContain('| `open`: open it in a browser | yes | yes | yes | yes |');
    expect(page).toContain('| `start`: start it |  | yes | yes | yes |');
    expect(page).toContain('| `delete`: delete it with its files |  |  | yes | yes |');
    const edited = `# Before\n${page.slice(page.indexOf('<!--'))}After\n`;
    expect(sharesPage(edited)).toBe(edited);
    expect(sharesPage(edited.replace('| yes |', '| no |'))).toBe(edited);
  });

  it('refuses a page without the marks', () => {
    expect(() => sharesPage('# Share')).toThrow('once each');
  });
});
