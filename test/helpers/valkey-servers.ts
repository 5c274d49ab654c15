import { mkdir } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createServer, type TLSSocket } from 'node:tls';
import { type Certificates, createCertificates } from '../../local/services/certificates';
import { Children } from '../../local/services/children';
import { freePort } from '../../local/services/ports';
import { preparePython } from '../../local/services/python';
import { RedisConnection } from '../../processor/history/connection';

/** A Valkey server on loopback. */
export interface ValkeyServer {
  port: number;
  /** Signed in as a user who may do everything. */
  admin: RedisConnection;
  /** Ends the server, which keeps its data where `save`, and starts it again. */
  restart(options: { save: boolean }): Promise<void>;
}

/** Valkey servers that end together. */
export class ValkeyServers {
  private constructor(
    private readonly children: Children,
    private readonly program: string,
    private readonly certificates: Certificates,
    private readonly access: Readonly<Record<string, string>>,
  ) {}

  /** @param access the access strings of users, by name; any password signs them in */
  static async create(access: Readonly<Record<string, string>>): Promise<ValkeyServers> {
    const { valkeyServer } = await preparePython({ log: console.log });
    return new ValkeyServers(await Children.create(), valkeyServer, await createCertificates(), access);
  }

  async start(name: string): Promise<ValkeyServer> {
    const port = await freePort();
    const directory = join(this.children.directory, name);
    await mkdir(directory);
    const own = await this.address(port);
    const users = { ...this.access, admin: 'on ~* &* +@all', default: 'off' };
    const run = async () => {
      const child = this.children.start({
        name,
        command: this.program,
        args: [
          ...['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', ''],
          ...['--repl-diskless-sync-delay', '0', '--primaryuser', 'admin', '--primaryauth', 'any'],
          ...Object.entries(users).flatMap(([user, text]) => ['--user', user, 'nopass', ...text.split(' ')]),
        ],
        env: { PATH: '/usr/bin:/bin' },
      });
      let admin: RedisConnection | undefined;
      await this.children.ready(child, name, 10_000, async () => {
        admin = await own.connect('admin');
      });
      return { child, admin: admin as unknown as RedisConnection };
    };
    let running = await run();
    return {
      port,
      get admin() {
        return running.admin;
      },
      async restart({ save }) {
        const ended = new Promise((resolve) => running.child.once('exit', resolve));
        await running.admin.call(['SHUTDOWN', save ? 'SAVE' : 'NOSAVE']).catch(() => undefined);
        await ended;
        running = await run();
      },
    };
  }

  /** A TLS address that leads to the server on `port` until it is led elsewhere, as a primary's does. */
  async address(port: number): Promise<ValkeyAddress> {
    const address = await ValkeyAddress.open(port, this.certificates);
    this.children.beforeStop(async () => address.close());
    return address;
  }

  stop(): Promise<void> {
    return this.children.stop();
  }
}

/** A TLS address in front of servers that have none. */
export class ValkeyAddress {
  private readonly clients = new Set<TLSSocket>();
  private readonly listener;
  /** Nothing that the server answers reaches its clients while set. */
  silent = false;

  private constructor(
    private target: number,
    private readonly certificates: Certificates,
  ) {
    this.listener = createServer({ cert: certificates.certificate, key: certificates.privateKey }, (client) => {
      const upstream = connect(this.target, '127.0.0.1');
      this.clients.add(client);
      client.once('close', () => {
        this.clients.delete(client);
        upstream.destroy();
      });
      upstream.once('close', () => client.destroy());
      client.on('error', () => upstream.destroy());
      upstream.on('error', () => client.destroy());
      client.pipe(upstream);
      upstream.on('data', (data) => {
        if (!this.silent) client.write(data);
      });
    });
  }

  static async open(target: number, certificates: Certificates): Promise<ValkeyAddress> {
    const address = new ValkeyAddress(target, certificates);
    await new Promise<void>((resolve) => address.listener.listen(0, '127.0.0.1', resolve));
    return address;
  }

  connect(username: string): Promise<RedisConnection> {
    const { port } = this.listener.address() as AddressInfo;
    const ca = this.certificates.authority;
    return RedisConnection.open({ host: 'localhost', port, username, password: 'token', ca });
  }

  /** Leads to another server, and breaks every connection. */
  lead(port: number): void {
    this.target = port;
    this.cut();
  }

  /** Breaks every connection. */
  cut(): void {
    for (const client of this.clients) client.destroy();
  }

  close(): void {
    this.cut();
    this.listener.close();
  }
}
