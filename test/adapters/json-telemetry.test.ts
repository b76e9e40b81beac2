import { describe, expect, it } from 'vitest';
import { jsonTelemetry } from '#adapters/json-telemetry.ts';

function setUp(namespace = 'WorkbenchController') {
  const lines: [string, string, Record<string, unknown>][] = [];
  const record =
    (level: string) =>
    (message: unknown, ...fields: readonly unknown[]) => {
      lines.push([level, String(message), fields[0] as Record<string, unknown>]);
    };
  const telemetry = jsonTelemetry(
    { info: record('info'), warn: record('warn'), error: record('error') },
    namespace,
  );
  return { lines, telemetry };
}

describe('jsonTelemetry', () => {
  it('writes messages with their fields', () => {
    const { lines, telemetry } = setUp();
    telemetry.info('a', { workbenchId: 'x' });
    telemetry.warn('b');
    telemetry.error('c', { code: 'internal' });
    expect(lines).toEqual([
      ['info', 'a', { workbenchId: 'x' }],
      ['warn', 'b', {}],
      ['error', 'c', { code: 'internal' }],
    ]);
  });

  it('writes name, message, code and stack of an error and its causes, and no other property', () => {
    const { lines, telemetry } = setUp();
    const cause = Object.assign(new Error('no connection'), { code: 'ECONNREFUSED', token: 'secret' });
    telemetry.error('failed', {}, Object.assign(new TypeError('outer', { cause }), { payload: 'secret' }));
    expect(lines[0]?.[2].cause).toEqual({
      name: 'TypeError',
      message: 'outer',
      stack: expect.any(String),
      cause: { name: 'Error', message: 'no connection', stack: expect.any(String), code: 'ECONNREFUSED' },
    });
    telemetry.error('failed', {}, 'secret');
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  it('hides the ids of access points in fields, errors and their causes', () => {
    const { lines, telemetry } = setUp();
    const id = 'fsap-0123456789abcdef0';
    telemetry.info('a', { text: `${id} exists, fsap-1 too` });
    telemetry.warn('b', { text: id });
    telemetry.error('c', { text: id }, new Error(`outer ${id}`, { cause: new Error(`inner ${id}`) }));
    expect(lines[0]?.[2]).toEqual({ text: 'fsap-… exists, fsap-… too' });
    expect(JSON.stringify(lines)).toContain('inner fsap-…');
    expect(JSON.stringify(lines)).not.toMatch(/fsap-\d/);
  });

  it('terminates for an error that is its own cause', () => {
    const { lines, telemetry } = setUp();
    const error = new Error('circular');
    error.cause = error;
    telemetry.error('failed', {}, error);
    expect(lines).toHaveLength(1);
  });

  it('writes a metric in the embedded metric format, and nothing for the value 0', () => {
    const { lines, telemetry } = setUp();
    telemetry.count('api_error', 2, { code: 'internal' });
    telemetry.count('due_enqueued', 0);
    expect(lines).toEqual([
      [
        'info',
        'metric',
        {
          _aws: {
            Timestamp: expect.any(Number),
            CloudWatchMetrics: [
              {
                Namespace: 'WorkbenchController',
                Dimensions: [['code']],
                Metrics: [{ Name: 'api_error', Unit: 'Count' }],
              },
            ],
          },
          code: 'internal',
          api_error: 2,
        },
      ],
    ]);
  });

  it('writes metrics to the given namespace', () => {
    const { lines, telemetry } = setUp('WorkbenchController/staging');
    telemetry.count('due_enqueued', 1);
    expect(lines).toMatchObject([
      ['info', 'metric', { _aws: { CloudWatchMetrics: [{ Namespace: 'WorkbenchController/staging' }] } }],
    ]);
  });

  it('never throws if the logger fails', () => {
    const fail = () => {
      throw new Error('the disk is full');
    };
    const telemetry = jsonTelemetry({ info: fail, warn: fail, error: fail }, 'WorkbenchController');
    telemetry.info('x');
    telemetry.warn('x');
    telemetry.error('x', {}, new Error('y'));
    telemetry.count('due_enqueued', 1);
  });
});
