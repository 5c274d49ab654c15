import { join } from 'node:path';
import type { Children } from './children';
import { freePort } from './ports';

/** Without `lambda`: the emulator's runs whatever code any program or web page posts to it. */
const SERVICES = 'kinesis,kms,secretsmanager,s3,sns,sqs,logs,monitoring,elasticache,rds';

/** The account that everything belongs to; an example number of AWS's. */
export const ACCOUNT = '123456789012';

/**
 * Starts the AWS emulator.
 *
 * @param services names of those it offers, joined by commas
 * @returns its endpoint
 */
export async function startMiniStack(
  children: Children,
  python: string,
  region: string,
  services = SERVICES,
): Promise<string> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const child = children.start({
    name: 'ministack',
    command: python,
    args: ['-I', join(__dirname, 'emulator.py')],
    env: {
      PATH: '/usr/bin:/bin',
      TMPDIR: children.directory,
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      MINISTACK_HOST: '127.0.0.1',
      MINISTACK_REGION: region,
      MINISTACK_ACCOUNT_ID: ACCOUNT,
      SERVICES: services,
      LOG_LEVEL: 'WARNING',
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      DOCKER_HOST: `unix://${join(children.directory, 'no-docker.sock')}`,
    },
  });
  await children.ready(child, 'ministack', 30_000, async () => {
    const response = await fetch(`${endpoint}/_ministack/health`);
    if (!response.ok) throw new Error(`health check answered ${response.status}`);
  });
  return endpoint;
}
