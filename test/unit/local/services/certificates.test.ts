import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server } from 'node:tls';
import { type Certificates, createCertificates } from '../../../../local/services/certificates';

let certificates: Certificates;
let server: Server;

beforeAll(async () => {
  certificates = await createCertificates();
  server = createServer({ cert: certificates.certificate, key: certificates.privateKey }, (socket) =>
    socket.end('hello'),
  );
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.close();
});

function greet(ca: string | undefined, servername?: string): Promise<string> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca, servername });
    socket.once('error', reject);
    socket.once('data', (data) => resolve(data.toString()));
  });
}

test('a client that trusts the authority accepts the server by address and by name', async () => {
  expect(await greet(certificates.authority)).toBe('hello');
  expect(await greet(certificates.authority, 'localhost')).toBe('hello');
});

test('it is accepted under no other name', async () => {
  await expect(greet(certificates.authority, 'example.com')).rejects.toMatchObject({
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  });
});

test('a client that trusts another run’s authority refuses it', async () => {
  await expect(greet((await createCertificates()).authority)).rejects.toThrow(
    /self.signed|unable to verify|signature/i,
  );
});
