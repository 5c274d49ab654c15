import * as pulumi from '@pulumi/pulumi';

/** What the SDK asks the engine to register, as it goes over the wire. */
export interface RegisterRequest {
  getType(): string;
  getName(): string;
  getCustom(): boolean;
  getParent(): string;
  getProvider(): string;
  getProvidersMap(): { get(name: string): string | undefined };
  getDependenciesList(): string[];
  getPropertydependenciesMap(): { entries(): IterableIterator<[string, { getUrnsList(): string[] }]> };
  getProtect(): boolean | undefined;
  getDeletebeforereplace(): boolean;
  getIgnorechangesList(): string[];
  getCustomtimeouts(): { getDelete(): string } | undefined;
  getObject(): { toJavaScript(): Record<string, unknown> };
}

type Callback = (error: Error | undefined, response?: { getUrn(): string }) => void;

/** Hears of every resource that is registered under mocks, which tell inputs only: the requests carry the options as well. */
export function onRegistered(listener: (request: RegisterRequest, urn: string) => void): void {
  const monitor = pulumi.runtime.getMonitor() as unknown as {
    registerResource(request: RegisterRequest, callback: Callback): Promise<void>;
  };
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) =>
    register(request, (error, response) => {
      if (response) listener(request, response.getUrn());
      callback(error, response);
    });
}
