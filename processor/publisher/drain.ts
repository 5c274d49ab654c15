/** A row of the outbox: an alert that was raised, revised or withdrawn, and that subscribers have not been told of. */
export interface Alert {
  /** `tap.alert_outbox.id`; among a customer's, the order in which they are to be published. */
  id: string;
  customerId: string;
  transactionId: string;
  /** From 1, one more for each alert on the same transaction. */
  revision: number;
  /** What subscribers receive, JSON. */
  content: string;
}

/** Where alerts wait. */
export interface Outbox {
  /** The oldest alerts that wait, in the order of their ids, without those of some customers. */
  oldest(limit: number, withoutCustomers: readonly string[]): Promise<Alert[]>;
  /** Takes alerts out of the outbox. */
  markPublished(ids: readonly string[]): Promise<void>;
}

/** Where alerts go. */
export interface Topic {
  /**
   * Publishes a batch.
   *
   * @returns ids of the alerts that were taken
   * @throws when the topic takes none, for a reason that has nothing to do with the alerts
   */
  publish(batch: readonly Alert[]): Promise<string[]>;
}

/** What a run has done. */
export interface Drained {
  published: number;
  /** Alerts that the topic did not take; they wait for the next run, and with them all that follows of their customers. */
  failed: number;
}

/** Alerts read at a time. */
const PAGE = 500;

/** Most alerts and bytes that SNS takes in one request. */
const BATCH_ALERTS = 10;
export const BATCH_BYTES = 262_144;

/**
 * Publishes what waits in the outbox, each customer's alerts in order and at least once: an alert leaves the outbox when
 * the topic has confirmed it, and is published again by the next run when that could not be written down.
 *
 * Every page is read from the start. A transaction that began earlier may commit later, so an id that was passed can turn
 * up behind, and the same customer's next alert must not overtake it.
 *
 * @param drained counts what is done, and tells it even when this throws
 * @param goOn asked before every batch; false ends the run
 * @throws when outbox or topic are away
 */
export async function drain(outbox: Outbox, topic: Topic, drained: Drained, goOn: () => boolean): Promise<void> {
  const held = new Set<string>();
  for (;;) {
    const before = drained.published;
    let waiting = await outbox.oldest(PAGE, [...held]);
    while (waiting.length > 0) {
      if (!goOn()) return;
      const batch = nextBatch(waiting);
      const taken = new Set(batch.length > 0 ? await topic.publish(batch) : []);
      if (taken.size > 0) await outbox.markPublished([...taken]);
      drained.published += taken.size;
      // What is too large for any batch is never taken, and holds its customer's alerts up until someone looks.
      const refused = batch.length > 0 ? batch.filter(({ id }) => !taken.has(id)) : waiting.slice(0, 1);
      drained.failed += refused.length;
      for (const { customerId } of refused) held.add(customerId);
      waiting = waiting.filter(({ id, customerId }) => !taken.has(id) && !held.has(customerId));
    }
    if (drained.published === before) return;
  }
}

/**
 * The oldest alerts that go into one request, one of each customer: within a request one may be refused and a later one
 * taken.
 */
function nextBatch(waiting: readonly Alert[]): Alert[] {
  const batch = new Map<string, Alert>();
  let bytes = 0;
  for (const alert of waiting) {
    if (batch.size === BATCH_ALERTS) break;
    if (batch.has(alert.customerId)) continue;
    bytes += Buffer.byteLength(alert.content);
    if (bytes > BATCH_BYTES) break;
    batch.set(alert.customerId, alert);
  }
  return [...batch.values()];
}
