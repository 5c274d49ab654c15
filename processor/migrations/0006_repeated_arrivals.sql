-- A producer that tries again sends one transaction in a batch of hundreds a second time. Inserting the batch as if all of it
-- were new, and again more carefully once the index has told otherwise, cost twice as much; so the index is asked before.

DROP FUNCTION tap.accept(date[], text[], timestamptz[], bytea[], bigint[], text[], text[], text[], text[], text[], text[], text[],
  text[], text[], text[], text[], text[], text[], text[], text[], text[], double precision[], double precision[], timestamptz[],
  text[], jsonb);

-- Stores one batch: what is new becomes a transaction, what is known is left alone, what is refused goes to quarantine.
-- Identities are taken in one order, so concurrent batches do not deadlock. Returns how many were new, and of those that were
-- not their places (from 1), the places of those whose id other content took, and the ids of those that were judged. Functions
-- are planned while the tables are small: the planner must not take that for a reason to read them whole.
CREATE FUNCTION tap.accept(
  days date[], ids text[], times timestamptz[], hashes bytea[], amounts bigint[], currencies text[], customers text[],
  merchants text[], tokens text[], outcomes text[], decline_reasons text[], orders text[], categories text[], channels text[],
  addresses text[], devices text[], emails text[], shipping_addresses text[], issuer_countries text[], billing_countries text[],
  shipping_countries text[], latitudes double precision[], longitudes double precision[], account_times timestamptz[],
  secures text[], refused jsonb, OUT stored integer, OUT repeated integer[], OUT conflicts integer[], OUT judged text[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  missing date[];
  known text[];
  before integer;
BEGIN
  SELECT array_agg(day ORDER BY day) INTO missing FROM unnest(days) day
  WHERE to_regclass('tap.verdicts' || to_char(day, '_YYYYMMDD')) IS NULL;
  IF missing IS NOT NULL THEN PERFORM tap.ensure_partitions(missing); END IF;

  LOOP
    known := ARRAY(SELECT transaction_id FROM tap.transaction_ids WHERE transaction_id = ANY (ids));
    repeated := ARRAY(
      SELECT place FROM (
        SELECT id, place, row_number() OVER (PARTITION BY id COLLATE "C" ORDER BY place) AS nth
        FROM unnest(ids) WITH ORDINALITY a (id, place)
      ) numbered
      WHERE nth > 1 OR id COLLATE "C" IN (SELECT unnest(known) COLLATE "C"));
    BEGIN
      INSERT INTO tap.transaction_ids
      SELECT id, at, hash FROM unnest(ids, times, hashes) WITH ORDINALITY a (id, at, hash, place)
      WHERE place <> ALL (repeated)
      ORDER BY id COLLATE "C";

      INSERT INTO tap.transactions
      SELECT id, at, amount, currency, customer, merchant, token, outcome, decline_reason, "order", category, channel, address, device,
        email, shipping_address, issuer_country, billing_country, shipping_country, latitude, longitude, account_time, secure, now()
      FROM unnest(ids, times, amounts, currencies, customers, merchants, tokens, outcomes, decline_reasons, orders, categories,
        channels, addresses, devices, emails, shipping_addresses, issuer_countries, billing_countries, shipping_countries,
        latitudes, longitudes, account_times, secures::jsonb[]) WITH ORDINALITY
        a (id, at, amount, currency, customer, merchant, token, outcome, decline_reason, "order", category, channel, address, device,
          email, shipping_address, issuer_country, billing_country, shipping_country, latitude, longitude, account_time, secure,
          place)
      WHERE place <> ALL (repeated);
      EXIT;
    EXCEPTION WHEN unique_violation THEN
      -- Another batch was faster with one of them, and has committed it: asked again, the index knows it.
      IF cardinality(repeated) = before THEN RAISE; END IF;
      before := cardinality(repeated);
    END;
  END LOOP;
  stored := cardinality(ids) - cardinality(repeated);

  SELECT array_agg(place) FILTER (WHERE content_hash <> hash),
    array_agg(DISTINCT id) FILTER (WHERE EXISTS (
      SELECT FROM tap.verdicts v
      WHERE v.occurred_at = i.occurred_at AND v.transaction_id = id AND v.triggered_by = id))
  INTO conflicts, judged
  FROM unnest(ids, hashes) WITH ORDINALITY a (id, hash, place) JOIN tap.transaction_ids i ON transaction_id = id
  WHERE place = ANY (repeated);
  conflicts := coalesce(conflicts, '{}');
  judged := coalesce(judged, '{}');

  INSERT INTO tap.quarantine (event_id, transaction_id, reason, detail, record)
  SELECT q->>'eventId', q->>'transactionId', q->>'reason', q->>'detail', q->>'record' FROM jsonb_array_elements(refused) q
  ON CONFLICT DO NOTHING;
END $$;

REVOKE ALL ON FUNCTION tap.accept FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tap.accept TO tap_processor;
