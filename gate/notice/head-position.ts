const SPACE = '[\\t\\n\\f\\r ]';
/** The attributes and the end of a start tag. A quotation mark elsewhere than around a value is not understood. */
const REST_OF_TAG = `(?:${SPACE}|/|[^\\t\\n\\f\\r "'<>/=]+(?=[\\t\\n\\f\\r />=])(?:${SPACE}*=${SPACE}*(?:"[^"]*"|'[^']*'|[^\\t\\n\\f\\r "'<>=\`]+(?=[\\t\\n\\f\\r >])))?)*>`;

/**
 * What may be before the start tag of `<head>`: white space, comments, the document type, and the start tag of `<html>`. A comment that
 * browsers end earlier than at `-->` is not understood, so that a position is never inside of a script.
 */
const BEFORE_HEAD = new RegExp(
  `${SPACE}+|<!--(?!-?>)(?:(?!--!>)[^])*?-->|<!doctype[^>]*>|<html(?=${SPACE}|[/>])${REST_OF_TAG}`,
  'iy',
);
const HEAD = new RegExp(`<head(?=${SPACE}|[/>])${REST_OF_TAG}`, 'iy');

/** With what a part of these begins, and may be completed by further bytes. */
const INCOMPLETE = /^<(?:!|(?:html|head)[\t\n\f\r /])|^(?:<|<h|<ht|<htm|<html|<he|<hea|<head)$/i;

/** In UTF-8, read as Latin-1. */
const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf';

/**
 * Finds the position behind the start tag of `<head>` of an HTML document. Nothing that a browser shows or executes is before it.
 * @param start the first bytes of the document. Each encoding of the web but UTF-16 has the same bytes for these tags
 * @returns `unknown` if it depends on further bytes; `none` if the document does not begin in this way
 */
export function findHeadPosition(start: Buffer): number | 'unknown' | 'none' {
  // One character for each byte, so that positions are those of bytes.
  const text = start.toString('latin1');
  let position = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  if (BYTE_ORDER_MARK.startsWith(text)) return 'unknown';
  while (position < text.length) {
    HEAD.lastIndex = position;
    if (HEAD.test(text)) return HEAD.lastIndex;
    BEFORE_HEAD.lastIndex = position;
    if (!BEFORE_HEAD.test(text)) return INCOMPLETE.test(text.slice(position)) ? 'unknown' : 'none';
    position = BEFORE_HEAD.lastIndex;
  }
  return 'unknown';
}
