import type { Generation } from './history';
import type { Reply } from './resp';

/** What `history:generation` says: the generation of the histories, and on which server they are of it. */
export interface Marker {
  /** As it stands there: number, `completeAfter` (`-` for -Infinity) and server, with a space between. */
  text: string;
  generation: Generation;
  /** The server's replication id, which another has after a failover and the same after a restart. */
  server: string;
}

export function formatMarker({ number, completeAfter }: Generation, server: string): string {
  return `${number} ${Number.isFinite(completeAfter) ? completeAfter : '-'} ${server}`;
}

/** @returns undefined where there is none */
export function parseMarker(reply: Reply): Marker | undefined {
  if (!Buffer.isBuffer(reply)) return undefined;
  const text = reply.toString('latin1');
  const [number, completeAfter, server = ''] = text.split(' ');
  const generation = {
    number: Number(number),
    completeAfter: completeAfter === '-' ? Number.NEGATIVE_INFINITY : Number(completeAfter),
  };
  return { text, generation, server };
}
