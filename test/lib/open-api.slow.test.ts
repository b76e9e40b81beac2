import { expect, it } from 'vitest';
import { someStage } from './some-stage.ts';
import { synthesize } from './synthesize.ts';

it('an API without authentication has neither authorizer nor secret', async () => {
  const open = await synthesize(someStage({ auth: 'none' }));
  expect(open.all('api', 'AWS::ApiGatewayV2::Authorizer')).toEqual([]);
  expect(open.all('api', 'AWS::SecretsManager::Secret')).toEqual([]);
  expect(open.all('api', 'AWS::ApiGatewayV2::Route').length).toBeGreaterThan(0);
  for (const [, { Properties }] of open.all('api', 'AWS::ApiGatewayV2::Route')) {
    expect(Properties?.AuthorizationType).toBe('NONE');
  }
});
