import { NAME_MAX } from '#contract/parameters.ts';
import { STATUSES } from '#core/workbench/history.ts';
import { areLabels, type Labels } from '#core/workbench/labels.ts';
import type { ListFilter } from '#core/workbench/list-filter.ts';
import type { Parser } from './parse-request.ts';
import type { InvalidFields, Query } from './query.ts';

const TEXT_EXPECTED = `text of 1 to ${NAME_MAX} characters`;

/** The filters of a list: `status`, `name`, `q` and `label`. */
export const parseListFilter: Parser<ListFilter> = ({ query }) => {
  const invalid: Record<string, string> = {};
  const read = <T>(name: string, parse: (text: string) => T | undefined, expected: string) =>
    readParameter(query, name, parse, expected, invalid);
  const status = read(
    'status',
    (text) => STATUSES.find((known) => known === text),
    `one of ${STATUSES.join(', ')}`,
  );
  const name = read('name', parseText, TEXT_EXPECTED);
  const text = read('q', parseText, TEXT_EXPECTED);
  const labels = read('label', parseLabels, '`key:value`, several separated by commas');
  if (Object.keys(invalid).length > 0) return { invalid };
  return {
    value: {
      ...(status === undefined ? {} : { status }),
      ...(name === undefined ? {} : { name }),
      ...(text === undefined ? {} : { text }),
      ...(labels === undefined ? {} : { labels }),
    },
  };
};

function readParameter<T>(
  query: Query,
  name: string,
  parse: (text: string) => T | undefined,
  expected: string,
  invalid: Record<string, string>,
): T | undefined {
  const parameter = query.parameter(name);
  if ('invalid' in parameter) {
    Object.assign(invalid, parameter.invalid satisfies InvalidFields);
    return undefined;
  }
  if (parameter.value === undefined) return undefined;
  const value = parse(parameter.value);
  if (value === undefined) invalid[name] = expected;
  return value;
}

function parseText(text: string): string | undefined {
  const { length } = [...text];
  return length >= 1 && length <= NAME_MAX && text.isWellFormed() ? text : undefined;
}

/** A key has no colon, and a value no comma. A key that is given twice is invalid. */
function parseLabels(text: string): Labels | undefined {
  const pairs = text.split(',').map((pair) => {
    const colon = pair.indexOf(':');
    return colon < 0 ? undefined : ([pair.slice(0, colon), pair.slice(colon + 1)] as const);
  });
  const entries = pairs.filter((pair) => pair !== undefined);
  const labels = Object.fromEntries(entries);
  const isComplete = Object.keys(labels).length === pairs.length;
  return isComplete && areLabels(labels) ? labels : undefined;
}
