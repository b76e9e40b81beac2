import { beforeAll, describe, expect, it } from 'vitest';
import { DEPLOYED } from '#contract/deployed-functions.ts';
import type { Templates } from '#lib/checks/template.ts';
import { synthesizeShared } from '#test/lib/shared-stage.ts';
import { exampleStage } from '#tools/docs/example-stage.ts';
import { operationsPage, permissionTables } from '#tools/docs/operations-page.ts';

const { installation } = exampleStage();
let templates: Templates;
beforeAll(async () => {
  templates = await synthesizeShared(exampleStage());
});

describe('the tables of permissions', () => {
  /** Returns the rows of the table of a role. */
  function rowsOf(role: string): readonly string[] {
    const [, table = ''] = permissionTables(templates, installation).split(`#### ${role}\n`);
    const [rows = ''] = table.split('#### ');
    return rows.split('\n').filter((line) => line.startsWith('| ') && !/^\| (may|---) /.test(line));
  }

  it('list actions, resources, conditions and reasons of each function', () => {
    for (const name of Object.keys(DEPLOYED).filter((functionName) => functionName !== 'janitor')) {
      expect(rowsOf(name).length, name).toBeGreaterThanOrEqual(2);
    }
    expect(rowsOf('get-workbench')).toEqual([
      '| `logs:CreateLogStream`<br>`logs:PutLogEvents` | `{get-workbench/LogGroup}` |  | Writes its log, which also contains its metrics. |',
      '| `dynamodb:GetItem` | `{Records/Table}` |  | Reads a workbench. A poll of a workbench in transition by its owner is one GetItem. |',
      '| `dynamodb:BatchGetItem` | `{Records/Table}` | ForAllValues:StringLike `dynamodb:LeadingKeys` `activity#*`<br>Null `dynamodb:LeadingKeys` `false` | Reads when a running or stopped workbench was last used. |',
      '| `dynamodb:BatchGetItem` | `{Records/Table}` | ForAllValues:StringLike `dynamodb:LeadingKeys` `share#*`<br>Null `dynamodb:LeadingKeys` `false` | Reads what a workbench of another user is shared for. |',
      '| `dynamodb:Query` | `{Records/Table}/index/by-workbench` |  | Finds the owner of a workbench for an administrator, and after the workbench was given to another owner. |',
      '| `dynamodb:PutItem` | `{Records/Table}` | ForAllValues:StringLike `dynamodb:LeadingKeys` `audit-*`<br>Null `dynamodb:LeadingKeys` `false` | Stores audit events of refusals, and of acts for other users. |',
    ]);
    expect(rowsOf('drive')).toContain(
      '| `ecs:RunTask` | `ecs:task-definition/<installation>-*` | ArnEquals `ecs:cluster` `ecs:cluster/<installation>`<br>StringNotEqualsIgnoreCase `ecs:enable-execute-command` `true` | Starts workbenches, in this cluster only. |',
    );
  });

  it('use construct paths, and contain no account, region or installation', () => {
    const text = permissionTables(templates, installation);
    expect(text).not.toMatch(/Fn::|<AWS::|workbench-example/);
  });

  it('give the reason for permissions on all resources', () => {
    const unlimited = permissionTables(templates, installation)
      .split('\n')
      .filter((line) => line.includes('| `*` |'));
    expect(unlimited.length).toBeGreaterThan(5);
    for (const line of unlimited) expect(line).toContain('On any resource: ');
  });

  it('include denied actions', () => {
    const workbenches = rowsOf('Workbenches: mounts their files only');
    expect(workbenches).toHaveLength(2);
    expect(workbenches[1]).toMatch(/^\| \*\*never\*\* /);
  });
});

describe('docs/operations.md', () => {
  it('keeps the text around the tables', () => {
    const first = operationsPage(undefined, templates, installation);
    const written = `# Text\n\n${first}\n## More text\n`;
    const again = operationsPage(written, templates, installation);
    expect(again).toBe(written);
    expect(operationsPage(written.replace('Writes its log', 'Outdated'), templates, installation)).toBe(
      written,
    );
  });

  it('is rejected without the marks', () => {
    expect(() => operationsPage('# Text\n', templates, installation)).toThrow(
      'must contain each of these two lines',
    );
  });
});
