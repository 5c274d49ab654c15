import type * as pulumi from '@pulumi/pulumi';
import type { DeliverySettings } from '../runtime/delivery';
import type { FunctionDefinition } from '../runtime/function';
import type { Gateway } from '../runtime/gateway';
import type { Mapping } from '../runtime/mapping';
import type { Schedule } from '../runtime/schedule';
import type { Postgres } from '../services/postgres';
import type { Valkey } from '../services/valkey';
import type { Clients } from './clients';

/** What a program gives a resource, by the names of Pulumi's typings. */
export type Inputs = Record<string, unknown>;

/** What a resource has besides its inputs. */
export interface Realised {
  id?: string;
  state?: Inputs;
}

/** Where resources are realised, and what realising them brings about. */
export interface Context {
  region: string;
  account: string;
  clients: Clients;
  valkey: Pick<Valkey, 'port' | 'setUser'>;
  postgres: Pick<Postgres, 'port' | 'createDatabase'>;
  /** Folder for the archives of functions. */
  directory: string;
  /** PEM of the authority that the local servers' certificates are signed by. */
  authority: string;
  /** Calls a function that has been deployed. @throws Error when the function fails */
  invoke(functionName: string, event: unknown): Promise<unknown>;
  functions: Map<string, FunctionDefinition>;
  mappings: Mapping[];
  deliveries: DeliverySettings[];
  gateway: Gateway;
  /** Where it will be served. */
  gatewayPort: number;
  /** Periods of the rules that run at a rate, milliseconds, by name. */
  rates: Map<string, number>;
  schedules: Schedule[];
}

/** Makes a resource of one type real. */
export type Realiser = (inputs: Inputs, context: Context) => Promise<Realised>;

/** A realiser whose inputs have the resource type's arguments, all known. */
export function realiser<Args>(
  realise: (inputs: pulumi.UnwrappedObject<Args>, context: Context) => Promise<Realised>,
): Realiser {
  return realise as unknown as Realiser;
}
