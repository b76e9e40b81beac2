import { expect, test } from 'vitest';
import { readGateSettings } from '#contract/settings/gate-settings.ts';

test('has a name and a color by default, and no frontend that shows its pages', () => {
  expect(readGateSettings({})).toMatchObject({
    WB_GATE_NAME: 'Workbenches',
    WB_GATE_COLOR: expect.stringMatching(/^#[0-9a-f]{6}$/),
    WB_GATE_FRAME_ANCESTORS: [],
  });
});

test.each([
  ['WB_GATE_NAME', 'Labor für Maschinelles Lernen'],
  ['WB_GATE_COLOR', '#0Af9C2'],
  ['WB_GATE_AUTO_START', 'visit'],
  ['WB_GATE_STOP_NOTICE', 'off'],
  ['WB_GATE_CONSOLE_URL', 'https://console.example.com'],
])('accepts %s=%s', (name, value) => {
  expect(readGateSettings({ [name]: value })).toMatchObject({ [name]: value });
});

test.each([
  ['WB_GATE_NAME', 'x'.repeat(65)],
  ['WB_GATE_NAME', 'two\nlines'],
  ['WB_GATE_AUTO_START', 'true'],
  ['WB_GATE_STOP_NOTICE', 'no'],
  ['WB_GATE_CONSOLE_URL', 'javascript:alert(1)'],
  ['WB_GATE_CONSOLE_URL', 'https://console.example.com/?a'],
  ['WB_GATE_COLOR', 'red'],
  ['WB_GATE_COLOR', '#fff'],
  ['WB_GATE_COLOR', '#ffffff;}'],
  ['WB_GATE_FRAME_ANCESTORS', '*'],
  ['WB_GATE_FRAME_ANCESTORS', "https://a.example; script-src 'unsafe-inline'"],
  ['WB_GATE_FRAME_ANCESTORS', 'https://a.example/path'],
])('refuses %s=%s', (name, value) => {
  expect(() => readGateSettings({ [name]: value })).toThrow(name);
});
