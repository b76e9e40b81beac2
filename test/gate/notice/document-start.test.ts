import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findHeadPosition } from '#gate/notice/document-start.ts';
import { propertyRuns } from '#test/set-up/property-runs.ts';

const find = (text: string, encoding: BufferEncoding = 'utf8') =>
  findHeadPosition(Buffer.from(text, encoding));

describe('the head of a document', () => {
  test.each([
    // code-server
    '<!-- Copyright (C) Microsoft Corporation. All rights reserved. -->\n<!DOCTYPE html>\n<html>\n\t<head>',
    // JupyterLab
    '<!doctype html><html lang="en"><head>',
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN"\n "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">\r\n<html xmlns="http://www.w3.org/1999/xhtml">\r\n<head>',
    '\ufeff<head>',
    '<HTML CLASS="a>b" data-x = \'"<head>"\' hidden/><HEAD\tid=x>',
    '<!-- <head> --><!---a--><!--a-b--><head >',
  ])('begins behind its start tag: %j', (start) => {
    expect(find(`${start}<title>x</title>`)).toBe(Buffer.byteLength(start));
  });

  test.each([
    '<title>no head</title><script>"<head>"</script>',
    '<!doctype html><script>var text = "<head>";</script>',
    '<header><head></header>',
    '<htmlx><head>',
    '<headx>',
    'text<head>',
    '<p><head>',
    '\u00a0<head>',
    '{"json": "<head>"}',
  ])('is not found in a document that begins with %j', (start) => {
    expect(find(start, 'latin1')).toBe('none');
  });

  test.each([
    // Browsers end these tags and comments at their first `>`.
    '<html a=b"><script>x = "<head>"</script>',
    '<html "><script>x = "<head>"</script>',
    '<!--><script>x = "--><head>"</script>',
    '<!---><script>x = "--><head>"</script>',
    '<!-- --!><script>x = "--><head>"</script>',
  ])('is not found behind a tag or a comment that ends in an unusual way: %j', (start) => {
    expect(find(start)).not.toBeTypeOf('number');
  });

  test('is not found in UTF-16', () => {
    expect(find('<head>', 'utf16le')).toBe('none');
    expect(
      findHeadPosition(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('<head>', 'utf16le')])),
    ).toBe('none');
  });

  test('is found at the same place with any first part of the document that contains it, and is unknown before', () => {
    const piece = fc.constantFrom(
      ...['\ufeff', ' ', '\n', '<!-- a -->', '<!doctype html>', '<html lang="de">', "<html a='>'>", '<head>'],
      ...[
        '<head a="<head>">',
        '<title>',
        '<script>"<head>"</script>',
        '<',
        'é',
        '<!--',
        '-->',
        '<header>',
        '"',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const document = Buffer.from(pieces.join(''));
        const found = findHeadPosition(document);
        const parts = Array.from({ length: document.length }, (_, length) =>
          findHeadPosition(document.subarray(0, length)),
        );
        const decided = parts.findIndex((part) => part !== 'unknown');
        for (const part of decided < 0 ? [] : parts.slice(decided)) expect(part).toBe(found);
        if (typeof found !== 'number') return;
        const before = document.subarray(0, found).toString();
        expect(before).toMatch(/<head[^<]*>$|<head a="<head>">$/);
        expect(before.replaceAll(/<!--.*?-->/gs, '')).not.toMatch(/<title|<script|<header/);
        expect(parts.indexOf(found)).toBe(-1 === decided ? -1 : found);
      }),
      propertyRuns(500),
    );
  });
});
