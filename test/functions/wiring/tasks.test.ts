import { describe, expect, it } from 'vitest';
import { taskSettings } from '#functions/wiring/tasks.ts';
import { ENVIRONMENT, settingsOf } from './deployed-settings.ts';

describe('taskSettings', () => {
  it('returns the settings of the deployment', () => {
    const { baseUrl, ...settings } = taskSettings(settingsOf('drive'), 'eu-west-1');
    expect(settings).toEqual({
      cluster: 'staging-workbenches',
      familyPrefix: 'staging',
      image: ENVIRONMENT.WB_IMAGE,
      bootCommand: undefined,
      healthCommand: undefined,
      port: 8080,
      mountPath: '/workbench',
      uid: 1001,
      gid: 1002,
      subnets: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
      securityGroups: ['sg-0123456789abcdef0'],
      executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
      taskRoleArn: 'arn:aws:iam::123456789012:role/task',
      tags: { 'workbench:installation': 'staging' },
      logs: { group: '/workbenches/staging', region: 'eu-west-1' },
    });
    expect(baseUrl('abc')).toBe('https://wb.example.com/project/abc/');
  });

  it('returns the commands of the settings', () => {
    const settings = settingsOf('drive', {
      WB_BOOT_COMMAND: 'exec ide',
      WB_HEALTH_COMMAND: 'test -e /ready',
    });
    expect(taskSettings(settings, 'eu-west-1')).toMatchObject({
      bootCommand: 'exec ide',
      healthCommand: 'test -e /ready',
    });
  });

  it('returns no logs without a log group, in any region', () => {
    const settings = settingsOf('drive', { WB_TASK_LOG_GROUP: '' });
    expect(taskSettings(settings, undefined).logs).toBeUndefined();
  });

  it('throws without a region for the logs, because every start would fail', () => {
    expect(() => taskSettings(settingsOf('drive'), undefined)).toThrow('AWS_REGION');
  });
});
