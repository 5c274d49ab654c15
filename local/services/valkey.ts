import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { createClient } from '@redis/client';
import type { Certificates } from './certificates';
import type { Children } from './children';

/** A Valkey server that can be reached through TLS only, and whose only users are those made with `setUser`. */
export interface Valkey {
  port: number;
  /**
   * Makes a user, or changes it, to exactly this access string. Any password signs in: what ElastiCache checks is a token of IAM's,
   * which no one can check here.
   */
  setUser(name: string, accessString: string): Promise<void>;
}

/** Starts Valkey on a socket file in a private directory, with a TLS server in front of it. */
export async function startValkey(children: Children, program: string, certificates: Certificates): Promise<Valkey> {
  const directory = join(children.directory, 'valkey');
  const path = join(directory, 'valkey.sock');
  const password = randomBytes(24).toString('hex');
  await mkdir(directory, { mode: 0o700 });
  const settings = [
    'port 0',
    `unixsocket ${JSON.stringify(path)}`,
    'unixsocketperm 700',
    `dir ${JSON.stringify(directory)}`,
    'save ""',
    'appendonly no',
    'maxmemory-policy noeviction',
    'user default off',
    `user platform on >${password} ~* &* +@all`,
  ];
  await writeFile(join(directory, 'valkey.conf'), `${settings.join('\n')}\n`, { mode: 0o600 });
  const child = children.start({
    name: 'valkey',
    command: program,
    args: [join(directory, 'valkey.conf')],
    env: { PATH: '/usr/bin:/bin' },
  });

  const client = createClient({
    // A server that is not there is tried again by `ready`, which knows whether it will ever be.
    socket: { path, tls: false, reconnectStrategy: false },
    username: 'platform',
    password,
    disableOfflineQueue: true,
  });
  client.on('error', () => undefined);
  children.beforeStop(async () => client.destroy());
  await children.ready(child, 'valkey', 10_000, async () => {
    if (!client.isOpen) await client.connect();
    await client.ping();
  });

  const server = await terminateTls(path, certificates);
  children.beforeStop(() => new Promise((resolve) => server.close(resolve)));
  return {
    port: (server.address() as AddressInfo).port,
    async setUser(name, accessString) {
      await client.sendCommand(['ACL', 'SETUSER', name, 'reset', 'nopass', ...accessString.split(/\s+/)]);
    },
  };
}

/** A TLS server on a free port that passes everything on to a socket file. */
function terminateTls(path: string, { certificate, privateKey }: Certificates): Promise<Server> {
  const open = new Set<TLSSocket>();
  const server = createServer({ cert: certificate, key: privateKey, noDelay: true }, (client) => {
    const upstream = connect(path);
    open.add(client);
    client.once('close', () => {
      open.delete(client);
      upstream.destroy();
    });
    upstream.once('close', () => client.destroy());
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  const close = server.close.bind(server);
  server.close = (callback) => {
    for (const client of open) client.destroy();
    return close(callback);
  };
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
