import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@redis/client';
import type { Certificates } from './certificates';
import type { Children } from './children';
import { openDoor } from './door';

/** A Valkey server that can be reached through TLS only, and whose only users are those made with `setUser`. */
export interface Valkey {
  port: number;
  /**
   * Makes a user, or changes it, to exactly this access string. Any password signs in: what ElastiCache checks is a token of IAM's,
   * which no one can check here.
   */
  setUser(name: string, accessString: string): Promise<void>;
  /** Breaks every client's connection. */
  cut(): void;
  /** Kills the server and starts it again after a while, empty and with the same users. */
  crash(awayMs: number): Promise<void>;
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
  const start = () =>
    children.start({
      name: 'valkey',
      command: program,
      args: [join(directory, 'valkey.conf')],
      env: { PATH: '/usr/bin:/bin' },
    });
  let child = start();

  const client = createClient({
    // A server that is not there is tried again by `ready`, which knows whether it will ever be.
    socket: { path, tls: false, reconnectStrategy: false },
    username: 'platform',
    password,
    disableOfflineQueue: true,
  });
  client.on('error', () => undefined);
  children.beforeStop(async () => client.destroy());
  const ready = () =>
    children.ready(child, 'valkey', 10_000, async () => {
      if (!client.isOpen) await client.connect();
      await client.ping();
    });
  await ready();

  const door = await openDoor({ path }, certificates);
  children.beforeStop(door.close);
  const users = new Map<string, string>();
  const setUser = async (name: string, accessString: string) => {
    users.set(name, accessString);
    await client.sendCommand(['ACL', 'SETUSER', name, 'reset', 'nopass', ...accessString.split(/\s+/)]);
  };
  return {
    port: door.port,
    setUser,
    cut: door.cut,
    async crash(awayMs) {
      await children.kill(child);
      await sleep(awayMs);
      child = start();
      await ready();
      for (const [name, accessString] of users) await setUser(name, accessString);
    },
  };
}
