import { loadConfig } from './lib/config';
import { TapStack } from './lib/tap-stack';

// The SDK takes a stack trace for every property of every resource. Ten frames of each, mapped to their lines of
// TypeScript, would be a third of the program's evaluation.
Error.stackTraceLimit = 1;

export = new TapStack('tap', loadConfig()).outputs;
