import { loadConfig } from './lib/config';
import { TapStack } from './lib/tap-stack';

// The SDK takes thousands of stack traces, one for every property of every resource, and mapping them to TypeScript would
// be a third of the program's evaluation. Errors of the configuration say all there is without one; raise the limit to
// see where another error was thrown.
Error.stackTraceLimit = 0;

export = new TapStack('tap', loadConfig()).outputs;
