import { join } from 'node:path';
import type { Children } from '../services/children';
import type { DeployMessage, Deployment, DeployRequest, ServiceAnswer, Services } from './protocol';

const NAME = 'deployment';

/** Speed matters less here than what all processes take together: MiB for Node, and the collector of esbuild, a Go program. */
const HEAP_LIMITS = ['--max-semi-space-size=2', '--max-old-space-size=160'];
const ESBUILD_GOGC = '25';

/**
 * Starts the deploying process, which loads its modules meanwhile.
 *
 * @returns deploys the stack, once. @throws Error saying which resource could not be made, or which setting is wrong
 */
export function startDeployment(
  children: Children,
): (request: DeployRequest, services: Services) => Promise<Deployment> {
  const child = children.start({
    name: NAME,
    command: process.execPath,
    args: [...HEAP_LIMITS, '--import', require.resolve('tsx'), join(__dirname, 'process.ts')],
    env: { PATH: process.env.PATH ?? '', TMPDIR: children.directory, GOGC: ESBUILD_GOGC },
    own: true,
    ipc: true,
  });
  const ended = new Promise<never>((_resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`the deployment broke off:\n${children.log(NAME, 20).join('\n')}`)));
  });
  ended.catch(() => undefined);

  return async (request, services) => {
    const done = new Promise<Deployment>((resolve, reject) => {
      child.on('message', (message: DeployMessage) => {
        if ('deployed' in message) resolve(message.deployed);
        else if ('failed' in message) reject(new Error(message.failed));
        else void serve(message, services).then((answer) => child.connected && child.send(answer));
      });
    });
    child.send(request);
    return Promise.race([done, ended]);
  };
}

async function serve(message: Extract<DeployMessage, { call: unknown }>, services: Services): Promise<ServiceAnswer> {
  const { call, number, args } = message;
  try {
    const perform = services[call] as (...args: unknown[]) => Promise<unknown>;
    return { number, result: await perform(...args) };
  } catch (error) {
    return { number, error: (error as Error).message };
  }
}
