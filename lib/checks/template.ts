/** What is read of a CloudFormation template. */
export interface Template {
  readonly Resources?: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value?: unknown }>>;
}

export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Metadata?: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
}

/** Something that must not be deployed so. */
export interface Violation {
  /** Which resource, or the stack itself. */
  readonly at: string;
  readonly problem: string;
}

/** The template of each stack, by the stack's name: what one says of another is found by it. */
export type Templates = ReadonlyMap<string, Template>;

export function resourcesOf(template: Template): readonly (readonly [id: string, resource: Resource])[] {
  return Object.entries(template.Resources ?? {});
}

/** One or many, as templates have it. */
export function listOf<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

/**
 * A value of a template as one line of text: what is known only when it is deployed stands in angle brackets, as
 * cdk-nag writes it too, whose findings are told apart by it.
 */
export function valueToText(value: unknown): string {
  if (typeof value === 'string') return value.replaceAll('${', '<').replaceAll('}', '>');
  if (value === undefined || value === null) return '';
  if (typeof value !== 'object') return String(value);
  const node = value as Readonly<Record<string, unknown>>;
  const join = node['Fn::Join'];
  if (Array.isArray(join)) return (join[1] as readonly unknown[]).map(valueToText).join(String(join[0]));
  if (node['Fn::Sub'] !== undefined) return valueToText(node['Fn::Sub']);
  const attribute = node['Fn::GetAtt'];
  if (Array.isArray(attribute)) return `<${attribute.map(valueToText).join('.')}>`;
  if (node['Fn::ImportValue'] !== undefined) return valueToText(node['Fn::ImportValue']);
  if (node.Ref !== undefined) return `<${valueToText(node.Ref)}>`;
  return JSON.stringify(node);
}

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
