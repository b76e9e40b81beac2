import { describe, expect, test } from 'vitest';
import { parseWorkbenchPath } from '#gate/workbench-path.ts';

const id = '01hzzzzzzz0123456789abcdef';

describe('parseWorkbenchPath', () => {
  test.each<[target: string, rest: string]>([
    [`/project/${id}/`, '/'],
    [`/project/${id}/?a=1`, '/?a=1'],
    [`/project/${id}/static/a%2Fb.js?x=/y?z`, '/static/a%2Fb.js?x=/y?z'],
    [`/project/${id}//two`, '//two'],
    [`/project/${id}/../../etc`, '/../../etc'],
  ])('removes the prefix of %s', (target, rest) => {
    expect(parseWorkbenchPath(target)).toEqual({
      kind: 'workbench',
      workbenchId: id,
      prefix: `/project/${id}`,
      rest,
    });
  });

  test.each([
    [`/project/${id}`, `/project/${id}/`],
    [`/project/${id}?folder=/a&x=1`, `/project/${id}/?folder=/a&x=1`],
  ])('adds the missing slash to %s and keeps the query', (target, location) => {
    expect(parseWorkbenchPath(target)).toEqual({ kind: 'missing_slash', location });
  });

  test.each(['/', '/?a=1'])('parses %s as the index', (target) => {
    expect(parseWorkbenchPath(target)).toEqual({ kind: 'index' });
  });

  test.each([
    '/project',
    '/project/',
    '/project/short/',
    `/project/${id.toUpperCase()}/`,
    `/project/${id}x/`,
    `/project/%30${id.slice(1)}/`,
    `/Project/${id}/`,
    `//project/${id}/`,
    `/x/project/${id}/`,
    '/favicon.ico',
  ])('parses %s as unknown', (target) => {
    expect(parseWorkbenchPath(target)).toEqual({ kind: 'unknown' });
  });
});
