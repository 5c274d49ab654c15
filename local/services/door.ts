import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Certificates } from './certificates';

/** A server on a port of 127.0.0.1 that passes everything on to another one. */
export interface Door {
  port: number;
  /** Breaks every connection that is open. */
  cut(): void;
  close(): Promise<void>;
}

/**
 * Opens a door to a server that need not be there yet, or at all times.
 *
 * @param certificates ends TLS at the door: what is behind it speaks without
 */
export async function openDoor(to: NetConnectOpts, certificates?: Certificates): Promise<Door> {
  const open = new Set<Socket>();
  const pass = (client: Socket) => {
    const upstream = connect(to);
    open.add(client);
    client.once('close', () => {
      open.delete(client);
      upstream.destroy();
    });
    upstream.once('close', () => client.destroy());
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    client.pipe(upstream).pipe(client);
  };
  const server: Server =
    certificates === undefined
      ? createServer({ noDelay: true }, pass)
      : createTlsServer({ cert: certificates.certificate, key: certificates.privateKey, noDelay: true }, pass);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const cut = () => {
    for (const client of open) client.destroy();
  };
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cut,
    close() {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
