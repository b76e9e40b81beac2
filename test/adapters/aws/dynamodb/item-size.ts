import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/**
 * The size of an item in bytes, as DynamoDB counts it for read and write units. Names and strings count their UTF-8 bytes; a
 * number one byte per two significant digits, plus one, plus one for a minus sign; a list or map three bytes, plus one per
 * member.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function itemSize(item: Readonly<Record<string, AttributeValue>>): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + bytes(name) + valueSize(value), 0);
}

function valueSize(value: AttributeValue): number {
  if (value.S !== undefined) return bytes(value.S);
  if (value.N !== undefined) return numberSize(value.N);
  if (value.BOOL !== undefined || value.NULL !== undefined) return 1;
  if (value.L !== undefined) return 3 + value.L.reduce((sum, member) => sum + 1 + valueSize(member), 0);
  if (value.M !== undefined) return 3 + Object.keys(value.M).length + itemSize(value.M);
  throw new Error('unexpected attribute type in a record');
}

function numberSize(digits: string): number {
  const significant = digits.replace(/^-?0*/, '').replace('.', '').replace(/0+$/, '').length;
  return Math.ceil(significant / 2) + 1 + (digits.startsWith('-') ? 1 : 0);
}

function bytes(text: string): number {
  return Buffer.byteLength(text);
}
