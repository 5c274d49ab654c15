import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { createCertificates } from '../../../../local/services/certificates';
import { openDoor } from '../../../../local/services/door';

/** A server that says everything it hears back, and what stops it. */
async function echo(port = 0) {
  const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return { port: (server.address() as AddressInfo).port, server };
}

test('passes on what comes, breaks what is open when it is cut, and takes what comes after', async () => {
  const { port, server } = await echo();
  const door = await openDoor({ host: '127.0.0.1', port });
  const first = connect(door.port, '127.0.0.1').setEncoding('utf8');
  first.write('one');
  expect(await once(first, 'data')).toEqual(['one']);
  door.cut();
  await once(first, 'close');
  const second = connect(door.port, '127.0.0.1').setEncoding('utf8');
  second.write('two');
  expect(await once(second, 'data')).toEqual(['two']);
  await door.close();
  await once(second, 'close');
  server.close();
});

test('outlives the server behind it', async () => {
  const { port, server } = await echo();
  const door = await openDoor({ host: '127.0.0.1', port });
  await new Promise((resolve) => server.close(resolve));
  await once(connect(door.port, '127.0.0.1'), 'close');
  const again = await echo(port);
  const client = connect(door.port, '127.0.0.1').setEncoding('utf8');
  client.write('back');
  expect(await once(client, 'data')).toEqual(['back']);
  await door.close();
  again.server.close();
});

test('ends TLS where it has a certificate', async () => {
  const { port, server } = await echo();
  const certificates = await createCertificates();
  const door = await openDoor({ host: '127.0.0.1', port }, certificates);
  const client = connectTls({ host: 'localhost', port: door.port, ca: certificates.authority }).setEncoding('utf8');
  client.write('plain');
  expect(await once(client, 'data')).toEqual(['plain']);
  await door.close();
  server.close();
});
