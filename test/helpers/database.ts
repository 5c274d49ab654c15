import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import { createCertificates } from '../../local/services/certificates';
import { Children } from '../../local/services/children';
import { startPostgres } from '../../local/services/postgres';

export interface TestDatabase {
  /** Opens a connection as a role that signs in with IAM. */
  connect(user: 'tap_processor' | 'tap_operator' | 'tap_publisher' | 'tap_archiver'): Promise<Client>;
  /** What the secret entry holds from now on. */
  setSecret(text: string): void;
  /** Writes a file beside the functions' code. */
  pack(name: string, text: string): void;
  /** Opens a connection as the owner of the schema. */
  connectAsMaster(): Promise<Client>;
  /** What a statement of the owner's returns: the values of its rows. */
  asMaster(sql: string): Promise<unknown[][]>;
  /** Removes what was processed. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

/** A PostgreSQL server of its own, set up as RDS is, with the secret entry and the environment that the functions find. */
export async function startDatabase(): Promise<TestDatabase> {
  const children = await Children.create();
  const certificates = await createCertificates();
  const master = { username: 'master', password: 'Correct-horse-9' };
  const postgres = await startPostgres(children, { master, certificates });
  await postgres.createDatabase('transactions');
  const pack = (name: string, text: string) => writeFileSync(join(children.directory, name), text);
  pack('rds-ca.pem', certificates.authority);

  let secret = JSON.stringify(master);
  const secrets = createServer((_, response) => {
    response.setHeader('content-type', 'application/x-amz-json-1.1').end(JSON.stringify({ SecretString: secret }));
  });
  await new Promise<void>((resolve) => secrets.listen(0, '127.0.0.1', resolve));
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: 'test',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${(secrets.address() as AddressInfo).port}`,
    AWS_LAMBDA_FUNCTION_NAME: 'test',
    AWS_REGION: 'ap-northeast-1',
    AWS_SECRET_ACCESS_KEY: 'test',
    DATABASE_HOST: 'localhost',
    DATABASE_NAME: 'transactions',
    DATABASE_PORT: String(postgres.port),
    DATABASE_SECRET_ARN: 'arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:rds-credentials-test',
    DATABASE_USER: 'tap_operator',
    LAMBDA_TASK_ROOT: children.directory,
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    POWERTOOLS_METRICS_NAMESPACE: 'JapanCart/TransactionMonitoring',
    POWERTOOLS_SERVICE_NAME: 'lambda-operations-test',
  });
  const connect = async (user: string, password?: string) => {
    const ssl = { ca: certificates.authority };
    const client = new Client({
      host: 'localhost',
      port: postgres.port,
      user,
      password,
      database: 'transactions',
      ssl,
    });
    await client.connect();
    return client;
  };
  const connectAsMaster = () => connect(master.username, master.password);
  const asMaster = async (sql: string) => {
    const client = await connectAsMaster();
    try {
      return (await client.query({ text: sql, rowMode: 'array' })).rows;
    } finally {
      await client.end();
    }
  };
  return {
    connect,
    connectAsMaster,
    asMaster,
    async clear() {
      await asMaster(
        'TRUNCATE tap.transaction_ids, tap.transactions, tap.verdicts, tap.shadow_verdicts, tap.quarantine, tap.generations, tap.alert_outbox',
      );
    },
    setSecret(text) {
      secret = text;
    },
    pack,
    async stop() {
      secrets.closeAllConnections();
      secrets.close();
      await children.stop();
    },
  };
}
