-- Generations of the histories, what verdicts say of their coverage, judgements by shadow rule sets, the outbox of alerts, and
-- functions that take a batch as arrays. Roles do everything through functions, which run with their owner's rights.

CREATE ROLE tap_publisher LOGIN;

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') THEN
    GRANT rds_iam TO tap_publisher;
  END IF;
END $$;

GRANT USAGE ON SCHEMA tap TO tap_publisher;
REVOKE INSERT ON tap.transaction_ids, tap.transactions, tap.verdicts, tap.quarantine FROM tap_processor;
DROP FUNCTION tap.accept(jsonb, jsonb);

-- In order of event time, so that inserts append to the index. Entities are found by filters over stretches of 16 pages (about
-- 500 transactions) instead of an entry in an index for each: inserts hardly notice them.
ALTER TABLE tap.transactions DROP CONSTRAINT transactions_pkey;
ALTER TABLE tap.transactions ADD PRIMARY KEY (occurred_at, transaction_id);
DROP INDEX tap.transactions_customer_id_occurred_at_idx, tap.transactions_payment_token_occurred_at_idx,
  tap.transactions_device_id_occurred_at_idx, tap.transactions_ip_address_occurred_at_idx;
CREATE INDEX ON tap.transactions USING brin (customer_id text_bloom_ops (n_distinct_per_range = 600, false_positive_rate = 0.001))
  WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX ON tap.transactions USING brin (payment_token text_bloom_ops (n_distinct_per_range = 600, false_positive_rate = 0.001))
  WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX ON tap.transactions USING brin (device_id text_bloom_ops (n_distinct_per_range = 600, false_positive_rate = 0.001))
  WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX ON tap.transactions USING brin (ip_address text_bloom_ops (n_distinct_per_range = 600, false_positive_rate = 0.001))
  WITH (pages_per_range = 16, autosummarize = on);

-- Judgements of a transaction are numbered in the order in which they were recorded. Those from before this migration took
-- their histories for whole.
ALTER TABLE tap.verdicts
  ADD COLUMN coverage_seconds integer NOT NULL DEFAULT 86400 CHECK (coverage_seconds BETWEEN 0 AND 86400),
  ADD COLUMN lists_version bigint NOT NULL DEFAULT 0,
  ADD COLUMN revision integer NOT NULL DEFAULT 1 CHECK (revision > 0);
UPDATE tap.verdicts v SET revision = n.revision
FROM (
  SELECT transaction_id, occurred_at, position, triggered_by, row_number() OVER (
    PARTITION BY occurred_at, transaction_id ORDER BY judged_at, position, triggered_by) AS revision
  FROM tap.verdicts
) n
WHERE n.revision > 1 AND v.occurred_at = n.occurred_at AND v.transaction_id = n.transaction_id
  AND v.position = n.position AND v.triggered_by = n.triggered_by;
ALTER TABLE tap.verdicts
  ALTER COLUMN coverage_seconds DROP DEFAULT,
  ALTER COLUMN lists_version DROP DEFAULT,
  ALTER COLUMN revision DROP DEFAULT,
  DROP CONSTRAINT verdicts_pkey,
  ADD PRIMARY KEY (occurred_at, transaction_id, revision);

-- What a rebuild of the histories judges again.
CREATE INDEX ON tap.verdicts (occurred_at, transaction_id) WHERE coverage_seconds < 86400;

CREATE OR REPLACE VIEW tap.current_verdicts AS
  SELECT DISTINCT ON (occurred_at, transaction_id) *
  FROM tap.verdicts
  ORDER BY occurred_at, transaction_id, position DESC, triggered_by;

-- Judgements by rule sets that are tried out: those that name a reason, and every revision.
CREATE TABLE tap.shadow_verdicts (
  transaction_id text COLLATE "C" NOT NULL,
  occurred_at timestamptz NOT NULL,
  position bigint NOT NULL,
  triggered_by text COLLATE "C" NOT NULL,
  decision text NOT NULL CHECK (decision IN ('allow', 'review', 'block')),
  score smallint NOT NULL CHECK (score BETWEEN 0 AND 100),
  reasons jsonb,
  late boolean NOT NULL,
  rule_set_version text NOT NULL,
  judged_at timestamptz NOT NULL DEFAULT now(),
  coverage_seconds integer NOT NULL CHECK (coverage_seconds BETWEEN 0 AND 86400),
  lists_version bigint NOT NULL,
  PRIMARY KEY (occurred_at, transaction_id, rule_set_version, position, triggered_by)
) PARTITION BY RANGE (occurred_at);

CREATE VIEW tap.current_shadow_verdicts AS
  SELECT DISTINCT ON (occurred_at, transaction_id, rule_set_version) *
  FROM tap.shadow_verdicts
  ORDER BY occurred_at, transaction_id, rule_set_version, position DESC, triggered_by;

-- Stretches of the cache's life in which it lost nothing. Histories hold every transaction that happened after complete_after.
CREATE TABLE tap.generations (
  -- Positions are below 2^53.
  number bigint PRIMARY KEY CHECK (number BETWEEN 1 AND 8191),
  began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  complete_after timestamptz NOT NULL,
  cause text NOT NULL CHECK (cause IN ('first', 'lost', 'rebuilt'))
);

-- Where transactions were processed before, the next to begin finds histories lost.
INSERT INTO tap.generations (number, complete_after, cause)
SELECT 1, '-infinity', 'first' FROM tap.transactions LIMIT 1;

-- What consumers of alerts are told, in this order; of one customer, the order in which it was committed.
CREATE TABLE tap.alert_outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction_id text COLLATE "C" NOT NULL,
  occurred_at timestamptz NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  -- From 1 for each transaction.
  revision integer NOT NULL CHECK (revision > 0),
  kind text NOT NULL CHECK (kind IN ('raised', 'revised', 'withdrawn')),
  content jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz,
  UNIQUE (transaction_id, revision)
);

CREATE INDEX ON tap.alert_outbox (id) WHERE published_at IS NULL;

-- Makes the partitions of the given days (UTC) where they are missing. Attaching does not block those who insert.
CREATE OR REPLACE FUNCTION tap.ensure_partitions(days date[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  day date;
  parent text;
  child text;
BEGIN
  FOREACH day IN ARRAY days LOOP
    FOREACH parent IN ARRAY ARRAY['transactions', 'shadow_verdicts', 'verdicts'] LOOP
      child := parent || to_char(day, '_YYYYMMDD');
      -- Whoever holds the lock may have made it meanwhile. pg_class is asked, since to_regclass may answer from a cache.
      PERFORM pg_advisory_xact_lock(hashtext('tap.ensure_partitions'));
      CONTINUE WHEN EXISTS (SELECT FROM pg_class WHERE relname = child AND relnamespace = 'tap'::regnamespace);
      EXECUTE format('CREATE TABLE tap.%I (LIKE tap.%I INCLUDING ALL)', child, parent);
      EXECUTE format('ALTER TABLE tap.%I ATTACH PARTITION tap.%I FOR VALUES FROM (%L) TO (%L)',
        parent, child, day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
    END LOOP;
  END LOOP;
END $$;

SELECT tap.ensure_partitions(array_agg(to_date(right(inhrelid::regclass::text, 8), 'YYYYMMDD')))
FROM pg_inherits WHERE inhparent = 'tap.verdicts'::regclass HAVING count(*) > 0;

-- Stores one batch: what is new becomes a transaction, what is known is left alone, what is refused goes to quarantine. Usually
-- everything is new, which inserting shows at less cost than asking. Identities are taken in one order, so concurrent batches do
-- not deadlock. Returns how many were new, the places (from 1) of arrivals whose id other content took, and ids that were judged.
CREATE FUNCTION tap.accept(
  days date[], ids text[], times timestamptz[], hashes bytea[], amounts bigint[], currencies text[], customers text[],
  merchants text[], tokens text[], outcomes text[], decline_reasons text[], orders text[], categories text[], channels text[],
  addresses text[], devices text[], emails text[], shipping_addresses text[], issuer_countries text[], billing_countries text[],
  shipping_countries text[], latitudes double precision[], longitudes double precision[], account_times timestamptz[],
  secures text[], refused jsonb, OUT stored integer, OUT conflicts integer[], OUT judged text[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  missing date[];
  fresh bigint[];
BEGIN
  SELECT array_agg(day ORDER BY day) INTO missing FROM unnest(days) day
  WHERE to_regclass('tap.verdicts' || to_char(day, '_YYYYMMDD')) IS NULL;
  IF missing IS NOT NULL THEN PERFORM tap.ensure_partitions(missing); END IF;

  BEGIN
    INSERT INTO tap.transaction_ids
    SELECT * FROM unnest(ids, times, hashes) a (id) ORDER BY id COLLATE "C";
    INSERT INTO tap.transactions
    SELECT a.*, now() FROM unnest(ids, times, amounts, currencies, customers, merchants, tokens, outcomes, decline_reasons, orders,
      categories, channels, addresses, devices, emails, shipping_addresses, issuer_countries, billing_countries,
      shipping_countries, latitudes, longitudes, account_times, secures::jsonb[]) a;
    stored := cardinality(ids);
  EXCEPTION WHEN unique_violation THEN
    WITH firsts AS (
      SELECT DISTINCT ON (id COLLATE "C") id, at, hash, place
      FROM unnest(ids, times, hashes) WITH ORDINALITY a (id, at, hash, place)
      ORDER BY id COLLATE "C", place
    ), taken AS (
      INSERT INTO tap.transaction_ids SELECT id, at, hash FROM firsts ORDER BY id COLLATE "C"
      ON CONFLICT DO NOTHING RETURNING transaction_id
    )
    SELECT coalesce(array_agg(place), '{}') INTO fresh FROM taken JOIN firsts ON id = transaction_id;
    stored := cardinality(fresh);

    INSERT INTO tap.transactions
    SELECT id, at, amount, currency, customer, merchant, token, outcome, decline_reason, "order", category, channel, address, device,
      email, shipping_address, issuer_country, billing_country, shipping_country, latitude, longitude, account_time, secure, now()
    FROM unnest(ids, times, amounts, currencies, customers, merchants, tokens, outcomes, decline_reasons, orders, categories,
      channels, addresses, devices, emails, shipping_addresses, issuer_countries, billing_countries, shipping_countries,
      latitudes, longitudes, account_times, secures::jsonb[]) WITH ORDINALITY
      a (id, at, amount, currency, customer, merchant, token, outcome, decline_reason, "order", category, channel, address, device,
        email, shipping_address, issuer_country, billing_country, shipping_country, latitude, longitude, account_time, secure,
        place)
    WHERE place = ANY (fresh);

    SELECT array_agg(place) FILTER (WHERE content_hash <> hash),
      array_agg(DISTINCT id) FILTER (WHERE EXISTS (
        SELECT FROM tap.verdicts v
        WHERE v.occurred_at = i.occurred_at AND v.transaction_id = id AND v.triggered_by = id))
    INTO conflicts, judged
    FROM unnest(ids, hashes) WITH ORDINALITY a (id, hash, place) JOIN tap.transaction_ids i ON transaction_id = id
    WHERE place <> ALL (fresh);
  END;
  conflicts := coalesce(conflicts, '{}');
  judged := coalesce(judged, '{}');

  INSERT INTO tap.quarantine (event_id, transaction_id, reason, detail, record)
  SELECT q->>'eventId', q->>'transactionId', q->>'reason', q->>'detail', q->>'record' FROM jsonb_array_elements(refused) q
  ON CONFLICT DO NOTHING;
END $$;

-- Held shared while judgements are recorded, exclusively while a generation begins: no judgement slips in behind a rebuild.
CREATE FUNCTION tap.generation_lock() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 7421002::bigint';

CREATE FUNCTION tap.iso(at timestamptz) RETURNS text LANGUAGE sql STABLE
RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

-- Begins the generation after `known` unless a newer one has begun. The first is whole whatever was stored meanwhile.
CREATE FUNCTION tap.begin_generation(known bigint, OUT number bigint, OUT complete_after timestamptz, OUT begun boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM pg_advisory_xact_lock(tap.generation_lock());
  INSERT INTO tap.generations AS g (number, complete_after, cause)
  SELECT known + 1, coalesce(CASE WHEN newest IS NOT NULL THEN (SELECT max(occurred_at) FROM tap.transactions) END, '-infinity'),
    CASE WHEN newest IS NULL THEN 'first' ELSE 'lost' END
  FROM (SELECT max(number) AS newest FROM tap.generations) n WHERE newest IS NULL OR newest <= known;
  begun := FOUND;
  SELECT g.number, g.complete_after INTO number, complete_after FROM tap.generations g ORDER BY g.number DESC LIMIT 1;
END $$;

-- Begins the generation after `incomplete`, whose histories have been filled from `filled_after` on, unless another has begun.
CREATE FUNCTION tap.complete_generation(
  incomplete bigint, filled_after timestamptz, OUT number bigint, OUT complete_after timestamptz, OUT begun boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM pg_advisory_xact_lock(tap.generation_lock());
  INSERT INTO tap.generations (number, complete_after, cause)
  SELECT incomplete + 1, filled_after, 'rebuilt' WHERE incomplete = (SELECT max(number) FROM tap.generations);
  begun := FOUND;
  SELECT g.number, g.complete_after INTO number, complete_after FROM tap.generations g ORDER BY g.number DESC LIMIT 1;
END $$;

CREATE TYPE tap.judgement AS (
  transaction_id text COLLATE "C",
  occurred_at timestamptz,
  customer_id text COLLATE "C",
  position bigint,
  triggered_by text COLLATE "C",
  decision text,
  score smallint,
  reasons jsonb,
  late boolean,
  rule_set_version text,
  coverage_seconds integer,
  lists_version bigint
);

-- Stores judgements, and what the outbox is to say of them; false, and nothing, when histories that hold more than those of
-- `generation` have taken their place.
--
-- Nearly every judgement is an allow on a transaction's own arrival, and its first: those come as arrays, where NULL is what is
-- usual, and are inserted as revision 1. The unique index tells when one is not the first. The others (`notable`: revisions and
-- alerts; all, once the index has told) are compared with what is known of their transactions. Whoever does that holds a lock
-- for their customers from before it looks until it commits, so a customer's outbox ids are in the order of commits. Locks come
-- before rows, and both in one order, so concurrent batches do not deadlock.
CREATE FUNCTION tap.record(
  generation bigint, ids text[], times timestamptz[], positions bigint[], scores smallint[], given_reasons text[],
  lates boolean[], coverages integer[], rule_set_versions text[], lists_versions bigint[], notable jsonb, shadow jsonb)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  compare_all boolean := false;
  compared tap.judgement[] := ARRAY(SELECT n FROM jsonb_populate_recordset(NULL::tap.judgement, notable) n);
  known tap.verdicts[];
  first timestamptz;
  last timestamptz;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(tap.generation_lock());
  IF (SELECT complete_after FROM tap.generations ORDER BY number DESC LIMIT 1)
    < (SELECT complete_after FROM tap.generations WHERE number = generation) THEN
    RETURN false;
  END IF;

  LOOP
    BEGIN
      IF compared <> '{}' THEN
        -- A thousand locks stand for all customers: the server has room for so many.
        PERFORM pg_advisory_xact_lock(7421003, number)
        FROM (SELECT DISTINCT hashtext(customer_id) & 1023 AS number FROM unnest(compared) ORDER BY number) locks;
        SELECT min(occurred_at), max(occurred_at) INTO first, last FROM unnest(compared);
        known := ARRAY(
          SELECT v FROM (SELECT DISTINCT occurred_at, transaction_id FROM unnest(compared)) c
          JOIN tap.verdicts v USING (occurred_at, transaction_id)
          WHERE v.occurred_at BETWEEN first AND last);
      END IF;

      WITH added AS (
        SELECT DISTINCT ON (occurred_at, transaction_id, position, triggered_by) *
        FROM unnest(compared) c
        WHERE NOT EXISTS (SELECT FROM unnest(known) k WHERE (k.occurred_at, k.transaction_id, k.position, k.triggered_by)
          = (c.occurred_at, c.transaction_id, c.position, c.triggered_by))
      ), inserted AS (
        INSERT INTO tap.verdicts
        SELECT transaction_id, occurred_at, position, triggered_by, decision, score, reasons, late, rule_set_version, now(),
          coverage_seconds, lists_version,
          coalesce(k.revisions, 0) + row_number() OVER (PARTITION BY occurred_at, transaction_id ORDER BY position, triggered_by)
        FROM added
        LEFT JOIN (SELECT occurred_at, transaction_id, count(*) AS revisions FROM unnest(known) GROUP BY 1, 2) k
          USING (occurred_at, transaction_id)
        UNION ALL
        SELECT id, at, position, id, 'allow', coalesce(score, 0), reasons::jsonb, coalesce(late, false), version, now(),
          coalesce(coverage, 86400), lists_version, 1
        FROM unnest(ids, times, positions, scores, given_reasons, lates, coverages, rule_set_versions, lists_versions)
          j (id, at, position, score, reasons, late, coverage, version, lists_version)
        WHERE NOT compare_all
        ORDER BY 2, 1, 13
      ), before AS (
        SELECT DISTINCT ON (occurred_at, transaction_id) * FROM unnest(known)
        ORDER BY occurred_at, transaction_id, position DESC, triggered_by
      ), after AS (
        SELECT DISTINCT ON (occurred_at, transaction_id) * FROM added
        ORDER BY occurred_at, transaction_id, position DESC, triggered_by
      ), changed AS (
        SELECT a.*,
          1 + coalesce((SELECT max(o.revision) FROM tap.alert_outbox o WHERE o.transaction_id = a.transaction_id), 0) AS revision,
          CASE WHEN a.decision = 'allow' THEN 'withdrawn' WHEN b.decision <> 'allow' THEN 'revised' ELSE 'raised' END AS kind
        FROM after a LEFT JOIN before b USING (occurred_at, transaction_id)
        WHERE (b.position IS NULL OR a.position > b.position OR a.position = b.position AND a.triggered_by < b.triggered_by)
          AND (a.decision <> 'allow' OR b.decision <> 'allow')
          AND (a.decision, a.score, a.reasons) IS DISTINCT FROM (b.decision, b.score, b.reasons)
      )
      INSERT INTO tap.alert_outbox (transaction_id, occurred_at, customer_id, revision, kind, content)
      SELECT transaction_id, occurred_at, customer_id, revision, kind, jsonb_build_object(
        'alertId', transaction_id, 'revision', revision, 'kind', kind, 'decision', decision, 'score', score,
        'reasons', coalesce(reasons, '[]'), 'coverageSeconds', coverage_seconds, 'ruleSetVersion', rule_set_version,
        'transactionId', transaction_id, 'occurredAt', tap.iso(occurred_at), 'customerId', customer_id,
        'judgedAt', tap.iso(now()), 'triggeredBy', triggered_by)
      FROM changed
      ORDER BY occurred_at, transaction_id;
      EXIT;
    EXCEPTION WHEN unique_violation THEN
      IF NOT compare_all THEN
        SELECT min(at), max(at) INTO first, last FROM unnest(times) at;
        compared := compared || ARRAY(
          SELECT (id, at, customer_id, position, id, 'allow', coalesce(score, 0), reasons, coalesce(late, false), version,
            coalesce(coverage, 86400), lists_version)::tap.judgement
          FROM unnest(ids, times, positions, scores, given_reasons, lates, coverages, rule_set_versions, lists_versions)
            j (id, at, position, score, reasons, late, coverage, version, lists_version)
          JOIN tap.transactions t ON t.occurred_at = at AND t.transaction_id = id AND t.occurred_at BETWEEN first AND last);
        compare_all := true;
      END IF;
    END;
  END LOOP;

  INSERT INTO tap.shadow_verdicts
  SELECT transaction_id, occurred_at, position, triggered_by, decision, score, reasons, late, rule_set_version, now(),
    coverage_seconds, lists_version
  FROM jsonb_populate_recordset(NULL::tap.judgement, shadow)
  ORDER BY occurred_at, transaction_id, rule_set_version, position, triggered_by
  ON CONFLICT DO NOTHING;
  RETURN true;
END $$;

-- Transactions of an entity, which `entity` names the column of, on days of event time (UTC). The planner takes the filters of a
-- column that has no order for useless, and would read whole days.
CREATE FUNCTION tap.transactions_of(entity text, id text, first_day date, last_day date) RETURNS SETOF tap.transactions
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET jit = off SET max_parallel_workers_per_gather = 0 AS $$
BEGIN
  RETURN QUERY EXECUTE format('SELECT * FROM tap.transactions WHERE %I = $1 AND occurred_at >= $2 AND occurred_at < $3', entity)
  USING id, first_day::timestamp AT TIME ZONE 'UTC', (last_day + 1)::timestamp AT TIME ZONE 'UTC';
END $$;

GRANT SELECT ON tap.generations TO tap_processor;
GRANT SELECT ON tap.generations, tap.shadow_verdicts, tap.current_shadow_verdicts, tap.alert_outbox
  TO tap_operator;
GRANT SELECT, UPDATE (published_at) ON tap.alert_outbox TO tap_publisher;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA tap FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tap.accept, tap.record, tap.begin_generation TO tap_processor;
GRANT EXECUTE ON FUNCTION tap.record, tap.begin_generation, tap.complete_generation, tap.transactions_of TO tap_operator;
REVOKE EXECUTE ON FUNCTION tap.ensure_partitions FROM tap_processor;
