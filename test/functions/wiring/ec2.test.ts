import { describe, expect, it } from 'vitest';
import { hostSettings } from '#functions/wiring/ec2.ts';
import { settingsOf } from './deployed-settings.ts';

describe('hostSettings', () => {
  it('returns the settings of the deployment', () => {
    expect(hostSettings(settingsOf('drive-host'))).toEqual({
      cluster: 'staging-workbenches',
      installation: 'staging',
      launchTemplate: { id: 'lt-0123456789abcdef0', version: '3' },
      gpuInstanceTypes: new Set(),
      subnets: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
      pinnedImage: false,
    });
  });

  it('returns the launch template for GPUs the accepted AMIs and whether the image is pinned', () => {
    const settings = settingsOf('drive-host', {
      WB_GPU_LAUNCH_TEMPLATE: 'lt-0123456789abcdef1:$Latest',
      WB_GPU_INSTANCE_TYPES: 'g5.xlarge',
      WB_HOST_AMIS: 'ami-0123456789abcdef0',
      WB_IMAGE: 'registry.example/workbench:1.0.0',
    });
    expect(hostSettings(settings)).toMatchObject({
      gpuLaunchTemplate: { id: 'lt-0123456789abcdef1', version: '$Latest' },
      gpuInstanceTypes: new Set(['g5.xlarge']),
      acceptedImages: new Set(['ami-0123456789abcdef0']),
      pinnedImage: true,
    });
  });
});
