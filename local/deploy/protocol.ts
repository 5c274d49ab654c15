import type { DeliverySettings } from '../runtime/delivery';
import type { FunctionDefinition } from '../runtime/function';
import type { Gateway } from '../runtime/gateway';
import type { Mapping } from '../runtime/mapping';
import type { Schedule } from '../runtime/schedule';
import type { Credentials } from './clients';

/** What the deploying process is told. */
export interface DeployRequest {
  /** Settings of the stack by their full names. */
  config: Record<string, string>;
  region: string;
  account: string;
  /** The emulator's. */
  endpoint: string;
  credentials: Credentials;
  cachePort: number;
  databasePort: number;
  /** Where the REST API will be served, if there is one. */
  gatewayPort: number;
  /** Folder for the archives of functions. */
  directory: string;
  /** PEM of the authority that the local servers' certificates are signed by. */
  authority: string;
}

/** What the stack came to. */
export interface Deployment {
  outputs: Record<string, string | number>;
  functions: FunctionDefinition[];
  mappings: Mapping[];
  deliveries: DeliverySettings[];
  gateway: Gateway;
  schedules: Schedule[];
}

/** What only the main process can do for the deploying one. */
export interface Services {
  setUser(name: string, accessString: string): Promise<void>;
  createDatabase(name: string): Promise<void>;
  /** @throws Error when the function fails */
  invoke(definition: FunctionDefinition, event: unknown): Promise<unknown>;
}

/** From the deploying process: a call of a service, or the end. */
export type DeployMessage =
  | { call: keyof Services; number: number; args: unknown[] }
  | { deployed: Deployment }
  | { failed: string };

/** The answer to a call. */
export type ServiceAnswer = { number: number; result: unknown } | { number: number; error: string };
