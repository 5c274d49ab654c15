import fc from 'fast-check';
import { parseCredentials } from '../../../lib/credentials';

const parse = (value: unknown) => parseCredentials('rds-credentials-dev', JSON.stringify(value));

describe('parseCredentials', () => {
  it('takes user name and password, and nothing else from the entry', () => {
    expect(parse({ username: 'dbmaster', password: 'a!b#c$d%', engine: 'postgres', port: 5432 })).toEqual({
      username: 'dbmaster',
      password: 'a!b#c$d%',
    });
  });

  it.each([
    'admin',
    'Admin',
    'rdsadmin',
    'pg_monitor',
    'tap_processor',
    'tap_operator',
    'tap_publisher',
    'tap_archiver',
  ])('refuses the user name %s', (username) => {
    expect(() => parse({ username, password: 'long-enough' })).toThrow(
      'rds-credentials-dev: "username" must be neither admin, rdsadmin, pg_..., which RDS refuses, nor tap_processor, tap_operator, tap_publisher or tap_archiver: choose another',
    );
  });

  it.each([undefined, 7, '', '1st', '_x', 'a-b', 'a b', 'x'.repeat(64)])('refuses the user name %p', (username) => {
    expect(() => parse({ username, password: 'long-enough' })).toThrow(
      'rds-credentials-dev: "username" must be a string of 1 to 63 letters, digits and underscores that begins with a letter',
    );
  });

  it.each([
    undefined,
    12345678,
    'short77',
    'x'.repeat(129),
    'has/slash',
    'has"quote',
    'has@sign',
    'has space',
    'パスワードパスワード',
  ])('refuses the password %p', (password) => {
    expect(() => parse({ username: 'dbmaster', password })).toThrow(
      'rds-credentials-dev: "password" must be a string of 8 to 128 printable ASCII characters without / " @ and space',
    );
  });

  it.each(['', 'plain text', '"text"', 'null', '[]', '7'])('refuses the entry %p', (text) => {
    expect(() => parseCredentials('rds-credentials-dev', text)).toThrow(
      'rds-credentials-dev: the entry must be a JSON object such as {"username": "...", "password": "..."}',
    );
  });

  it('never echoes what the entry holds', () => {
    const secret = 'Zq9SentinelZq9';
    const bad = fc.constantFrom(
      `{"username":"${secret} ","password":"${secret}"}`,
      `{"username":"dbmaster","password":"${secret}/"}`,
      `{"username":"pg_${secret}","password":"${secret}"}`,
      `{"password": ${secret}`,
      `${secret}`,
    );
    fc.assert(
      fc.property(bad, (text) => {
        let thrown: unknown;
        try {
          parseCredentials('rds-credentials-dev', text);
        } catch (error) {
          thrown = error;
        }
        const { message, stack, cause } = thrown as Error;
        expect(`${message}${stack}${cause}`).not.toContain(secret);
      }),
    );
  });
});
