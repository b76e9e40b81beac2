import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';

it('the process of the gate ends before it listens, and names the setting, if a secret has no keys', async () => {
  const secretsManager = createServer((request, response) => {
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/x-amz-json-1.1');
      response.end(JSON.stringify({ SecretString: '{}' }));
    });
  });
  await new Promise<void>((resolve) => secretsManager.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    secretsManager.closeAllConnections();
    secretsManager.close();
  });
  const arn = 'arn:aws:secretsmanager:us-west-1:123456789012:secret:some';
  const gate = spawn(process.execPath, ['gate/aws-main.ts'], {
    env: {
      ...{ AWS_REGION: 'us-west-1', AWS_ACCESS_KEY_ID: 'some', AWS_SECRET_ACCESS_KEY: 'some' },
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(secretsManager.address() as AddressInfo).port}`,
      BASE_URL: 'https://wb.example.com',
      WB_TABLE_NAME: 'some-table',
      WB_AUTH_SECRET_ARN: arn,
      WB_GATE_API_URL: 'https://api.example.com',
      WB_GATE_KEYS_SECRET_ARN: arn,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void gate.kill('SIGKILL'));
  const exited = new Promise((resolve) => gate.once('exit', resolve));
  const log = await text(gate.stdout);
  expect(await exited).toBe(1);
  expect(log).toMatch(
    /The secret of WB_(GATE_KEYS|AUTH)_SECRET_ARN cannot be used: the secret (must be|contains)/,
  );
  expect(log).not.toContain('accepts connections');
});
