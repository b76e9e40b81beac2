import { describe, expect, it } from 'vitest';
import { eventsPage } from '#tools/docs/events-page.ts';

describe('docs/events.md', () => {
  it('has a row for each type of event, and keeps the rest of the page', () => {
    const page = eventsPage();
    expect(page).toContain('| Workbench Idle Warning | `idle_warned` |');
    expect(page).toContain('| Workbench Deleted | `files_deleted` |');
    const edited = `# Before\n${page.slice(page.indexOf('<!--'))}After\n`;
    expect(eventsPage(edited)).toBe(edited);
    expect(eventsPage(edited.replace('`idle_warned`', '`other`'))).toBe(edited);
  });

  it('refuses a page without the marks', () => {
    expect(() => eventsPage('# Events')).toThrow('once each');
  });
});
