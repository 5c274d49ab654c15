import { loadConfig } from './lib/config';
import { TapStack } from './lib/tap-stack';

export = new TapStack('tap', loadConfig()).outputs;
