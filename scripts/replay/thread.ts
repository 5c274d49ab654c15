// A thread of `threads.ts`: replays the part it is given.
import { parentPort, workerData } from 'node:worker_threads';
import { type Part, replayHere, type Said } from './threads';

const say = (said: Said) => parentPort?.postMessage(said);

void replayHere(workerData as Part, (fraction, taken) => say({ fraction, taken })).then(say);
