import { expect, test } from 'vitest';
import { allowsOwnScripts } from '#gate/notice/notice-tag.ts';

/** As code-server 4.127 sends it, without the hashes. */
const CODE_SERVER =
  "default-src 'self'; img-src 'self' https: data: blob:; script-src 'self' 'unsafe-eval' blob: 'nonce-1nline-m4p' 'sha256-x'; child-src 'self'; connect-src 'self' ws: wss: https:;";

test.each([
  [undefined, true],
  ['', true],
  [CODE_SERVER, true],
  // JupyterLab
  ["frame-ancestors 'self'; report-uri /api/security/csp-report", true],
  ['default-src *', true],
  ["default-src 'none'; script-src 'SELF'; connect-src 'self'", true],
  ["script-src 'none'; script-src-elem 'self'", true],
  ["script-src 'self'; script-src 'none'", true],
  ["default-src 'none'", false],
  ["default-src 'none'; script-src 'self'", false],
  ["script-src 'nonce-abc'", false],
  ["script-src 'self' 'strict-dynamic' 'nonce-abc'", false],
  ["script-src 'self'; script-src-elem 'nonce-abc'", false],
  ["connect-src 'none'", false],
  ['sandbox allow-scripts allow-same-origin', false],
  ["default-src 'self', script-src 'nonce-abc'", false],
  ['script-src', false],
])('the policy %j lets a document load the script: %s', (policy, allowed) => {
  const headers = policy === undefined ? {} : { 'content-security-policy': policy };
  expect(allowsOwnScripts(headers)).toBe(allowed);
});

test('a policy that would report the script counts as one that refuses it', () => {
  expect(allowsOwnScripts({ 'content-security-policy-report-only': "script-src 'nonce-abc'" })).toBe(false);
});
