/**
 * Returns a page with other text between two marks.
 * @param page its name, for the error
 * @throws Error If the page does not contain both marks once and in order.
 */
export function replaceBetween(
  current: string,
  begin: string,
  end: string,
  text: string,
  page: string,
): string {
  const [before, afterBegin, ...more] = current.split(begin);
  const [, after, ...moreEnds] = (afterBegin ?? '').split(end);
  if (before === undefined || after === undefined || more.length > 0 || moreEnds.length > 0)
    throw new Error(`${page} must contain ${begin} and ${end} once each`);
  return `${before}${begin}\n${text}\n${end}${after}`;
}
