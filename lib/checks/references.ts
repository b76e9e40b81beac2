import type { Template, Templates } from './template.ts';

/** What a value in a template stands for that is known only when it is deployed. */
export interface Reference {
  readonly stack: string;
  /** The logical id of a resource or parameter, or the name of a pseudo parameter. */
  readonly id: string;
  /** None: its own reference. */
  readonly attribute: string | undefined;
  /** Of the resource; none of a parameter. */
  readonly type: string | undefined;
  /** The construct path of the resource below its stack; none where CDK did not say. */
  readonly path: string | undefined;
}

/** What `value` refers to, in its own stack or by way of another's output; undefined for anything else. */
export function resolveReference(value: unknown, stack: string, templates: Templates): Reference | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const node = value as Readonly<Record<string, unknown>>;
  const output = node['Fn::GetStackOutput'] as
    | { readonly StackName?: unknown; readonly OutputName?: unknown }
    | undefined;
  if (output !== undefined) {
    const { StackName: other, OutputName: name } = output;
    if (typeof other !== 'string' || typeof name !== 'string') return undefined;
    return resolveReference(templates.get(other)?.Outputs?.[name]?.Value, other, templates);
  }
  if (typeof node.Ref === 'string') return toReference(stack, node.Ref, undefined, templates.get(stack));
  const attribute = node['Fn::GetAtt'];
  if (Array.isArray(attribute)) {
    return toReference(stack, String(attribute[0]), String(attribute[1]), templates.get(stack));
  }
  return undefined;
}

function toReference(
  stack: string,
  id: string,
  attribute: string | undefined,
  template: Template | undefined,
): Reference {
  const resource = template?.Resources?.[id];
  const path = resource?.Metadata?.['aws:cdk:path'];
  return {
    stack,
    id,
    attribute,
    type: resource?.Type,
    path: typeof path === 'string' ? path.replace(`${stack}/`, '').replace(/\/Resource$/, '') : undefined,
  };
}
