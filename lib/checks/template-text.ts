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
