import { valueToText } from '#lib/checks/template-text.ts';
import { type TemplatePolicy, findPolicies, type Statement } from '#lib/checks/policies.ts';
import { resolveReference } from '#lib/checks/references.ts';
import { listOf, type Templates } from '#lib/checks/template.ts';

/**
 * Who may do what: a table for each role, from the templates as they are deployed.
 * @param installation the name in the templates, which stands for any
 */
export function permissionTables(templates: Templates, installation: string): string {
  const byRole = new Map<string, string[][]>();
  for (const [stack, template] of templates) {
    for (const policy of findPolicies(template)) {
      if (policy.of !== 'role') continue;
      for (const role of policy.roles) {
        const name = roleName(role, stack, templates).replace(`${installation}-`, '');
        const rows = policy.statements.map((statement) => permissionRow(statement, policy, stack, templates));
        byRole.set(name, [...(byRole.get(name) ?? []), ...rows]);
      }
    }
  }
  const head = ['may', 'on', 'if', 'why'];
  return [...byRole]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, rows]) =>
      [
        `#### ${name}`,
        [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n'),
      ].join('\n\n'),
    )
    .join('\n\n')
    .replaceAll(installation, '<installation>');
}

function permissionRow(statement: Statement, policy: TemplatePolicy, stack: string, templates: Templates): string[] {
  const { Sid = '', Effect, Action, Resource, Condition = {} } = statement;
  const actions = listOf(Action).map((action) => `\`${action}\``);
  const conditions = Object.entries(Condition).flatMap(([operator, operands]) =>
    Object.entries(operands).map(([key, value]) => {
      const values = listOf(value).map((one) => describeResource(one, stack, templates));
      return `${operator} \`${key}\` ${values.map((one) => `\`${one}\``).join(', ')}`;
    }),
  );
  const any = policy.anyResource[Sid];
  const resources = listOf(Resource).map((one) => `\`${describeResource(one, stack, templates)}\``);
  return [
    `${Effect === 'Deny' ? '**never** ' : ''}${actions.join('<br>')}`,
    resources.join('<br>'),
    conditions.join('<br>'),
    `${policy.why[Sid] ?? ''}${any === undefined ? '' : ` On any resource: ${any}`}`,
  ].map((cell) => cell.replaceAll('|', '\\|'));
}

/** By its description, which for a function's role is the function's name. */
function roleName(role: unknown, stack: string, templates: Templates): string {
  const found = resolveReference(role, stack, templates);
  if (found === undefined) return valueToText(role);
  const { Description } = templates.get(found.stack)?.Resources?.[found.id]?.Properties ?? {};
  return typeof Description === 'string' ? Description : (found.path ?? found.id).replace(/\/\w*Role$/, '');
}

/** An ARN for people: what it refers to by its place in the app, without partition, region and account. */
function describeResource(value: unknown, stack: string, templates: Templates): string {
  const text = renderValue(value, stack, templates);
  return text
    .replace(/^arn:<AWS::Partition>:/, 'arn:')
    .replace(/(?<=^arn:[a-z0-9-]+:)<AWS::Region>:(<AWS::AccountId>)?:/, '')
    .replace(/^arn:/, '');
}

function renderValue(value: unknown, stack: string, templates: Templates): string {
  const join = (value as Readonly<Record<string, unknown>> | undefined)?.['Fn::Join'];
  if (Array.isArray(join)) {
    return (join[1] as readonly unknown[]).map((part) => renderValue(part, stack, templates)).join(String(join[0]));
  }
  const found = resolveReference(value, stack, templates);
  if (found?.path === undefined) return valueToText(value);
  return `{${found.path}}`;
}
