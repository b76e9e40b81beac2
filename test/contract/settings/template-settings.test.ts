import { describe, expect, it } from 'vitest';
import { readSettings } from '#contract/settings/read-settings.ts';
import { SettingsError } from '#contract/settings/setting.ts';
import { TEMPLATES_MAX, TEMPLATES_MAX_BYTES } from '#contract/settings/template-settings.ts';

function problemOf(env: Readonly<Record<string, string>>): string | undefined {
  try {
    readSettings({ RESTAPI_AUTH: 'none', BASE_URL: 'https://wb.example.com', ...env });
    return undefined;
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.problems.map(({ name, problem }) => `${name}: ${problem}`).join('\n');
  }
}

const template = (fields: object = {}) => ({ name: 'a', title: 'A', ...fields });
const problemOfTemplates = (templates: unknown, env: Readonly<Record<string, string>> = {}) =>
  problemOf({ WB_TEMPLATES: JSON.stringify(templates), ...env });

describe('the templates', () => {
  it('can have each field, and up to the limits', () => {
    const all = template({
      description: 'For all.',
      size: 'small',
      ...{ requested_cpu: 512, requested_memory: 512, requested_gpu: 1 },
      allocated_instance_type: 'm6i.large',
      idle_stop_minutes: 15,
      max_run_hours: 1,
      on_interruption: 'stop',
      labels: { kind: 'a' },
    });
    expect(problemOfTemplates([all])).toBeUndefined();
    const most = Array.from({ length: TEMPLATES_MAX }, (_, n) => template({ name: `t${n}` }));
    expect(problemOfTemplates(most)).toBeUndefined();
    expect(problemOfTemplates([...most, template()])).toContain('at most 20 templates');
  });

  it(`have ${TEMPLATES_MAX_BYTES} bytes together, not characters`, () => {
    const withLetters = (letter: string) =>
      Array.from({ length: 10 }, (_, n) => template({ name: `t${n}`, description: letter.repeat(130) }));
    expect(problemOfTemplates(withLetters('e'))).toBeUndefined();
    expect(problemOfTemplates(withLetters('é'))).toContain('2048 bytes');
  });

  it.each<[string, unknown]>([
    ['a name twice', [template(), template()]],
    ['an unknown field', [template({ image: 'x' })]],
    ['no title', [{ name: 'a' }]],
    ['a title with a control character', [template({ title: 'a\u001b[2J' })]],
    ['a name with a space', [template({ name: 'a b' })]],
    ['an idle limit that no request may have', [template({ idle_stop_minutes: 14 })]],
    ['a label without a key', [template({ labels: { '': 'x' } })]],
    ['no list', {}],
  ])('are refused with %s', (_, templates) => {
    expect(problemOfTemplates(templates)).toMatch(/^WB_TEMPLATES: expected a JSON list/);
  });

  it('are refused if a request may not have their values', () => {
    expect(problemOfTemplates([template({ size: 'tiny' })])).toContain(
      'the template `a` has a size that is none of `small`, `medium`, `large`',
    );
    expect(problemOfTemplates([template({ size: 'tiny' })], { WB_SIZES: 'tiny:128:256' })).toBeUndefined();
    const tooLarge = [template({ requested_cpu: 2048 })];
    expect(problemOfTemplates(tooLarge)).toBeUndefined();
    expect(problemOfTemplates(tooLarge, { WB_MAX_CPU: '2047' })).toContain(
      '`a` exceeds what can be requested',
    );
    const never = [template({ idle_stop_minutes: null })];
    expect(problemOfTemplates(never)).toContain('set WB_IDLE_STOP_NEVER');
    expect(problemOfTemplates(never, { WB_IDLE_STOP_NEVER: 'true' })).toBeUndefined();
  });
});

describe('the sizes', () => {
  it.each([
    ['small:1024', 'sizes written'],
    ['S:1024:2048', 'sizes written'],
    ['a:1024:2048,a:2048:2048', 'each name must be there once'],
    ['a:1024:2048:17', 'the size `a` exceeds what can be requested'],
    ['a:127:2048', 'the size `a` exceeds what can be requested'],
  ])('are refused as %s', (sizes, problem) => {
    expect(problemOf({ WB_SIZES: sizes })).toContain(problem);
  });
});
