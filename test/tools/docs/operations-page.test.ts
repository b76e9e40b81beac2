import { beforeAll, describe, expect, it } from 'vitest';
import { DEPLOYED } from '#contract/deployed-functions.ts';
import type { Templates } from '#lib/checks/template.ts';
import { exampleStage } from '#tools/docs/example-stage.ts';
import { operationsPage, permissionTables } from '#tools/docs/operations-page.ts';
import { synthesizeByStack } from '#tools/synthesize-stage.ts';

const { installation } = exampleStage();
let templates: Templates;
beforeAll(async () => {
  templates = await synthesizeByStack(exampleStage());
}, 30_000);

describe('the tables of permissions', () => {
  /** The rows of a role's table. */
  function rowsOf(role: string): readonly string[] {
    const [, table = ''] = permissionTables(templates, installation).split(`#### ${role}\n`);
    const [own = ''] = table.split('#### ');
    return own.split('\n').filter((line) => line.startsWith('| ') && !/^\| (may|---) /.test(line));
  }

  it('tell of each function what it may do, on what, when and why', () => {
    for (const name of Object.keys(DEPLOYED).filter((one) => one !== 'janitor')) {
      expect(rowsOf(name).length, name).toBeGreaterThanOrEqual(2);
    }
    expect(rowsOf('get-workbench')).toEqual([
      '| `logs:CreateLogStream`<br>`logs:PutLogEvents` | `{get-workbench/LogGroup}` |  | Its log and, in it, its metrics. |',
      '| `dynamodb:GetItem` | `{Records/Table}` |  | A poll: one GetItem and nothing else. |',
    ]);
    expect(rowsOf('drive')).toContain(
      '| `ecs:RunTask` | `ecs:task-definition/<installation>-*` | ArnEquals `ecs:cluster` `ecs:cluster/<installation>` | Starts workbenches, in this cluster alone. |',
    );
  });

  it('call what is deployed by its place in the app, and name no account, region or installation', () => {
    const text = permissionTables(templates, installation);
    expect(text).not.toMatch(/Fn::|<AWS::|workbench-example/);
  });

  it('say of what is open to all resources why', () => {
    const open = permissionTables(templates, installation)
      .split('\n')
      .filter((line) => line.includes('| `*` |'));
    expect(open.length).toBeGreaterThan(5);
    for (const line of open) expect(line).toContain('On any resource: ');
  });

  it('tell what is forbidden, too', () => {
    const workbenches = rowsOf('Workbenches: mounts their files, and nothing else');
    expect(workbenches).toHaveLength(2);
    expect(workbenches[1]).toMatch(/^\| \*\*never\*\* /);
  });
});

describe('docs/operations.md', () => {
  it('keeps what people have written around the tables', () => {
    const first = operationsPage(undefined, templates, installation);
    const written = `# Mine\n\n${first}\n## Mine too\n`;
    const again = operationsPage(written, templates, installation);
    expect(again).toBe(written);
    expect(operationsPage(written.replace('Its log', 'Her log'), templates, installation)).toBe(written);
  });

  it('without its marks is not guessed at', () => {
    expect(() => operationsPage('# Mine\n', templates, installation)).toThrow('must have these two lines');
  });
});
