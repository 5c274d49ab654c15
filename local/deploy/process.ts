// Deploys the stack in a process of its own, whose memory (Pulumi's, esbuild's) is gone when the stack runs.
import { createClients } from './clients';
import { deploy } from './deploy';
import { emptyGateway } from './gateway';
import type { DeployMessage, DeployRequest, ServiceAnswer, Services } from './protocol';
import type { Context } from './realise';

const calls = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
let made = 0;

function send(message: DeployMessage): Promise<void> {
  return new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve()));
}

/** Has the main process do it. */
function service<Name extends keyof Services>(call: Name): Services[Name] {
  const remote = (...args: unknown[]) =>
    new Promise((resolve, reject) => {
      calls.set(++made, { resolve, reject });
      void send({ call, number: made, args });
    });
  return remote as Services[Name];
}

async function run(request: DeployRequest): Promise<void> {
  const { region, account, directory, authority } = request;
  const invoke = service('invoke');
  const context: Context = {
    region,
    account,
    directory,
    authority,
    clients: createClients(request.endpoint, region, request.credentials),
    valkey: { port: request.cachePort, setUser: service('setUser') },
    postgres: { port: request.databasePort, createDatabase: service('createDatabase') },
    functions: new Map(),
    mappings: [],
    deliveries: [],
    gateway: emptyGateway(),
    gatewayPort: request.gatewayPort,
    rates: new Map(),
    schedules: [],
    invoke: (name, event) => {
      const definition = context.functions.get(name);
      if (definition === undefined) throw new Error(`there is no function ${name}`);
      return invoke(definition, event);
    },
  };
  try {
    const outputs = await deploy(request.config, context);
    const { functions, mappings, deliveries, gateway, schedules } = context;
    const deployed = { outputs, functions: [...functions.values()], mappings, deliveries, gateway, schedules };
    await send({ deployed });
  } catch (error) {
    await send({ failed: (error as Error).message });
  }
  process.exit();
}

process.once('disconnect', () => process.exit());
process.on('message', (message: DeployRequest | ServiceAnswer) => {
  if (!('number' in message)) {
    void run(message);
    return;
  }
  const call = calls.get(message.number);
  calls.delete(message.number);
  if ('error' in message) call?.reject(new Error(message.error));
  else call?.resolve(message.result);
});
