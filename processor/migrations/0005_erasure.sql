-- Erasure of a customer: what names the person is replaced by random pseudonyms that nobody can lead back, transaction by
-- transaction so that every verdict can still be recomputed. Why it is done so is in docs/erasure.md.

CREATE ROLE tap_archiver LOGIN;

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') THEN
    GRANT rds_iam TO tap_archiver;
  END IF;
END $$;

GRANT USAGE ON SCHEMA tap TO tap_archiver;

-- What the archive's lines are sealed with: they cannot be changed, but their key can be destroyed.
CREATE TABLE tap.archive_keys (
  customer_id text COLLATE "C" PRIMARY KEY,
  key bytea NOT NULL CHECK (octet_length(key) = 32),
  made_at timestamptz NOT NULL DEFAULT now()
);

-- The key of each customer, made where there is none, of 366 random bits.
CREATE FUNCTION tap.archive_keys_of(customers text[]) RETURNS TABLE (customer_id text, key bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  INSERT INTO tap.archive_keys (customer_id, key)
  SELECT customer, sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
  FROM (SELECT DISTINCT customer COLLATE "C" AS customer FROM unnest(customers) u (customer)) d
  WHERE NOT EXISTS (SELECT FROM tap.archive_keys k WHERE k.customer_id = customer)
  ORDER BY customer
  ON CONFLICT DO NOTHING;
  RETURN QUERY SELECT k.customer_id::text, k.key FROM tap.archive_keys k WHERE k.customer_id = ANY (customers);
END $$;

-- The keys that have these numbers on a day; the number is said in processor/archive/seal.ts as well.
CREATE FUNCTION tap.archive_keys_by(day date, numbers bytea[]) RETURNS TABLE (number bytea, key bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT n.number, k.key
  FROM tap.archive_keys k
  CROSS JOIN LATERAL (SELECT substr(sha256(k.key || convert_to(to_char(day, 'YYYY-MM-DD'), 'UTF8')), 1, 16)) n (number)
  WHERE n.number = ANY (numbers)
$$;

CREATE TABLE tap.erasures (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Whom it is about, for as long as it is under way.
  customer_id text COLLATE "C",
  state text NOT NULL DEFAULT 'requested' CHECK (state IN ('requested', 'approved', 'running', 'replaced', 'done', 'withdrawn')),
  requested_by tap.person NOT NULL,
  reason tap.note NOT NULL,
  requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- The request in tap.audit_log.
  audit_id bigint NOT NULL,
  approved_by tap.person,
  approved_at timestamptz,
  ended_at timestamptz,
  -- How many of each were erased; of `kept`, identifiers that stay because another customer used them at the same time.
  counts jsonb,
  CONSTRAINT forgets_whom CHECK ((customer_id IS NULL) = (state IN ('done', 'withdrawn'))),
  CONSTRAINT is_approved CHECK (state IN ('requested', 'withdrawn') OR approved_by IS NOT NULL),
  CONSTRAINT two_persons CHECK (lower(approved_by) <> lower(requested_by))
);

CREATE UNIQUE INDEX ON tap.erasures (customer_id);

-- What an erasure under way is about. Transactions of one run are less than 24 hours apart, and 24 hours from all others.
CREATE TABLE tap.erasure_transactions (
  erasure bigint NOT NULL REFERENCES tap.erasures,
  run integer NOT NULL,
  occurred_at timestamptz NOT NULL,
  transaction_id text COLLATE "C" NOT NULL,
  erased boolean NOT NULL DEFAULT false,
  PRIMARY KEY (erasure, run, occurred_at, transaction_id)
);

CREATE TABLE tap.erasure_identifiers (
  erasure bigint NOT NULL REFERENCES tap.erasures,
  kind text NOT NULL CHECK (kind IN ('customer', 'token', 'device', 'address', 'email')),
  value text COLLATE "C" NOT NULL,
  -- Of one that a list named: the same for every run, as the list has one value.
  pseudonym text COLLATE "C",
  -- Whether another customer, who is not erased, uses it as well.
  kept boolean NOT NULL DEFAULT false,
  PRIMARY KEY (erasure, kind, value)
);

CREATE FUNCTION tap.pseudonym() RETURNS text
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  -- Letters alone, since digits may look like a card number.
  SELECT 'erased.' || translate(replace(gen_random_uuid()::text, '-', ''), '0123456789abcdef', 'abcdefghijklmnop')
$$;

CREATE FUNCTION tap.is_pseudonym(value text) RETURNS boolean LANGUAGE sql IMMUTABLE
RETURN value ~ '^erased\.[a-p]{32}$';

-- Rows as they were stay in a table's files until it is vacuumed, which so few would not have happen.
DO $$
DECLARE
  changed text;
BEGIN
  FOREACH changed IN ARRAY ARRAY['archive_keys', 'erasures', 'erasure_transactions', 'erasure_identifiers', 'quarantine',
    'list_changes', 'dispositions', 'audit_log']
  LOOP
    EXECUTE format('ALTER TABLE tap.%I SET (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0)', changed);
  END LOOP;
END $$;

CREATE FUNCTION tap.request_erasure(customer text, person text, why text, request bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  requested bigint;
BEGIN
  PERFORM tap.refuse_name_of_deployment(person);
  IF tap.is_pseudonym(customer) THEN
    RAISE EXCEPTION 'customerId: is a pseudonym, whose customer was erased';
  ELSIF position(customer IN why) > 0 THEN
    RAISE EXCEPTION 'reason: names the customer, and stays; name the case instead';
  END IF;
  INSERT INTO tap.erasures (customer_id, requested_by, reason, audit_id) VALUES (customer, person, why, request)
  ON CONFLICT (customer_id) DO NOTHING RETURNING id INTO requested;
  IF requested IS NULL THEN
    RAISE EXCEPTION 'erasure % of this customer is under way', (SELECT id FROM tap.erasures WHERE customer_id = customer);
  END IF;
  RETURN requested;
END $$;

-- Approves an erasure, or withdraws one that has not begun: one that waits may have to be refused.
CREATE FUNCTION tap.decide_erasure(chosen bigint, person text, consents boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  known tap.erasures;
BEGIN
  PERFORM tap.refuse_name_of_deployment(person);
  SELECT * INTO known FROM tap.erasures WHERE id = chosen FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no erasure %', chosen;
  ELSIF consents AND known.state <> 'requested' THEN
    RAISE EXCEPTION 'erasure % is %; only one that is requested can be approved', chosen, known.state;
  ELSIF NOT consents AND known.state NOT IN ('requested', 'approved') THEN
    RAISE EXCEPTION 'erasure % is %; only one that has not begun can be withdrawn', chosen, known.state;
  ELSIF NOT consents THEN
    UPDATE tap.erasures SET state = 'withdrawn', customer_id = NULL, ended_at = clock_timestamp() WHERE id = chosen;
    PERFORM tap.erase_commitments('audit_log', ARRAY[known.audit_id], known.audit_id);
    UPDATE tap.audit_log SET personal = '{}' WHERE id = known.audit_id;
  ELSIF lower(person) = lower(known.requested_by) THEN
    RAISE EXCEPTION 'erasure % was requested by %; another person must approve it', chosen, known.requested_by;
  ELSE
    UPDATE tap.erasures SET state = 'approved', approved_by = person, approved_at = clock_timestamp() WHERE id = chosen;
  END IF;
END $$;

-- The column of each kind of identifier that histories are kept of.
CREATE FUNCTION tap.identifier_column(kind text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN CASE kind WHEN 'customer' THEN 'customer_id' WHEN 'token' THEN 'payment_token' WHEN 'device' THEN 'device_id'
  WHEN 'address' THEN 'ip_address' WHEN 'email' THEN 'email_hash' END;

-- Of `values`, those that transactions name; with `besides`, of customers but that one and those who are erased.
CREATE FUNCTION tap.used(kind text, candidates text[], besides text DEFAULT NULL) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET jit = off SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
  found_values text[];
BEGIN
  EXECUTE format(
    'SELECT array_agg(DISTINCT %1$I) FROM tap.transactions
      WHERE %1$I = ANY ($1) AND ($2 IS NULL OR customer_id <> $2 AND NOT tap.is_pseudonym(customer_id))',
    tap.identifier_column(kind)) INTO found_values USING candidates, besides;
  RETURN coalesce(found_values, '{}');
END $$;

-- Finds what there is of the customer. Nothing is written in the two days after the last transaction: histories in the cache,
-- which live 24 hours, the allowed lateness (24 hours at most) and 5 minutes, may still be needed with what they hold.
CREATE FUNCTION tap.begin_erasure(known tap.erasures) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
SET enable_seqscan = off SET jit = off SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
  newest timestamptz;
  unjudged bigint;
  listed record;
  named_by text;
BEGIN
  INSERT INTO tap.erasure_transactions (erasure, run, occurred_at, transaction_id)
  SELECT known.id, count(*) FILTER (WHERE apart) OVER (ORDER BY occurred_at, transaction_id), occurred_at, transaction_id
  FROM (
    SELECT occurred_at, transaction_id,
      occurred_at - lag(occurred_at) OVER (ORDER BY occurred_at, transaction_id) >= interval '24 hours' AS apart
    FROM tap.transactions WHERE customer_id = known.customer_id
  ) own;

  INSERT INTO tap.erasure_identifiers (erasure, kind, value) VALUES (known.id, 'customer', known.customer_id);
  SELECT max(stored_at), count(*) FILTER (WHERE NOT EXISTS (
    SELECT FROM tap.verdicts v WHERE v.occurred_at = t.occurred_at AND v.transaction_id = t.transaction_id OFFSET 0))
  INTO newest, unjudged
  FROM tap.erasure_transactions w CROSS JOIN LATERAL (
    SELECT * FROM tap.transactions t
    WHERE t.occurred_at = w.occurred_at AND t.transaction_id = w.transaction_id OFFSET 0) t WHERE erasure = known.id;
  IF newest > now() - interval '48 hours 5 minutes' THEN
    RAISE EXCEPTION
      'erasure % waits: a transaction of the customer arrived at %, and histories may need it for two days; go on after %',
      known.id, tap.iso(newest), tap.iso(newest + interval '48 hours 5 minutes');
  ELSIF unjudged > 0 THEN
    RAISE EXCEPTION 'erasure % waits: % transactions of the customer have not been judged; redrive the failed records first',
      known.id, unjudged;
  END IF;

  INSERT INTO tap.erasure_identifiers (erasure, kind, value)
  SELECT DISTINCT known.id, kind, value
  FROM tap.erasure_transactions w CROSS JOIN LATERAL (
    SELECT * FROM tap.transactions t
    WHERE t.occurred_at = w.occurred_at AND t.transaction_id = w.transaction_id OFFSET 0) t
  CROSS JOIN LATERAL (VALUES ('token', payment_token), ('device', device_id), ('address', ip_address), ('email', email_hash))
    i (kind, value)
  WHERE erasure = known.id AND value IS NOT NULL AND NOT tap.is_pseudonym(value);

  -- A list names one value for all time: it stays where anybody else ever used it, and cannot go while it is in force.
  FOR listed IN
    SELECT kind, value FROM tap.erasure_identifiers i
    WHERE erasure = known.id AND EXISTS (SELECT FROM tap.list_changes l WHERE l.kind = i.kind AND l.value = i.value)
  LOOP
    IF tap.used(listed.kind, ARRAY[listed.value], known.customer_id) <> '{}' THEN
      UPDATE tap.erasure_identifiers i SET kept = true
      WHERE erasure = known.id AND i.kind = listed.kind AND i.value = listed.value;
      CONTINUE;
    END IF;
    SELECT string_agg(format('entry %s of the %s list', id, list), ', ' ORDER BY id) INTO named_by
    FROM tap.list_entries l
    WHERE l.kind = listed.kind AND l.value = listed.value AND (expires_at IS NULL OR expires_at > now());
    IF named_by IS NOT NULL THEN
      RAISE EXCEPTION 'erasure % waits: the customer% is named by %; take it off first, if it may go', known.id,
        CASE listed.kind WHEN 'customer' THEN '' ELSE '''s ' || listed.kind END, named_by;
    END IF;
    UPDATE tap.erasure_identifiers i SET pseudonym = tap.pseudonym()
    WHERE erasure = known.id AND i.kind = listed.kind AND i.value = listed.value;
  END LOOP;
  UPDATE tap.erasures SET state = 'running' WHERE id = known.id;
END $$;

-- Takes the places away from a payment token's transactions of a time, and leaves how far apart they were where a verdict says so:
-- on the equator, each as far from the one before as the reason says, or in the same place. Without such a verdict none is left.
CREATE FUNCTION tap.erase_places(token text, first timestamptz, last timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET jit = off SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
  travelled boolean := false;
  place double precision := 0;
  located record;
  places tap.transactions[];
BEGIN
  FOR located IN
    SELECT t.occurred_at, t.transaction_id, (
      SELECT (jsonb_path_query_first(reasons, '$[*] ? (@.rule == "impossible-travel").distanceKm'))::double precision
      FROM tap.verdicts v WHERE v.occurred_at = t.occurred_at AND v.transaction_id = t.transaction_id
      ORDER BY position DESC, triggered_by LIMIT 1
    ) AS km
    FROM tap.transactions t
    WHERE payment_token = token AND occurred_at BETWEEN first AND last AND latitude IS NOT NULL
    ORDER BY occurred_at, transaction_id
  LOOP
    travelled := travelled OR located.km IS NOT NULL;
    -- Towards the meridian and past it, so that half the equator is enough for any distance. The radius is that of the rule.
    place := place - CASE WHEN place < 0 THEN -1 ELSE 1 END * coalesce(located.km, 0) / (6371.0088 * pi() / 180);
    UPDATE tap.transactions SET latitude = 0, longitude = place
    WHERE occurred_at = located.occurred_at AND transaction_id = located.transaction_id;
  END LOOP;
  IF NOT travelled THEN
    UPDATE tap.transactions SET latitude = NULL, longitude = NULL
    WHERE payment_token = token AND occurred_at BETWEEN first AND last AND latitude IS NOT NULL;
  END IF;
END $$;

-- Replaces the tokens, devices and addresses of a run that nobody else used within 24 hours, in every transaction of that time: the
-- others are of customers who are erased, and kept it for this one's sake.
CREATE FUNCTION tap.erase_identifiers(known tap.erasures, chosen integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET jit = off SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
  stretch record;
  identifier tap.erasure_identifiers;
  column_name text;
  earliest timestamptz;
  latest timestamptz;
  shared boolean;
BEGIN
  FOR stretch IN
    SELECT kind, value, min(occurred_at) AS first, max(occurred_at) AS last
    FROM (
      SELECT kind, value, occurred_at, count(*) FILTER (WHERE apart) OVER (PARTITION BY kind, value ORDER BY occurred_at) AS number
      FROM (
        SELECT kind, value, t.occurred_at,
          t.occurred_at - lag(t.occurred_at) OVER (PARTITION BY kind, value ORDER BY t.occurred_at) >= interval '24 hours' AS apart
        FROM tap.erasure_transactions w CROSS JOIN LATERAL (
    SELECT * FROM tap.transactions t
    WHERE t.occurred_at = w.occurred_at AND t.transaction_id = w.transaction_id OFFSET 0) t
        CROSS JOIN LATERAL (VALUES ('token', payment_token), ('device', device_id), ('address', ip_address)) i (kind, value)
        WHERE w.erasure = known.id AND w.run = chosen AND value IS NOT NULL AND NOT tap.is_pseudonym(value)
      ) uses
    ) stretches
    GROUP BY kind, value, number
  LOOP
    column_name := tap.identifier_column(stretch.kind);
    SELECT * INTO identifier FROM tap.erasure_identifiers i
    WHERE erasure = known.id AND i.kind = stretch.kind AND i.value = stretch.value;
    shared := coalesce(identifier.kept, false)
      AND EXISTS (SELECT FROM tap.list_changes l WHERE l.kind = stretch.kind AND l.value = stretch.value);
    WHILE NOT shared LOOP
      EXECUTE format(
        'SELECT min(occurred_at), max(occurred_at), bool_or(customer_id <> $4 AND NOT tap.is_pseudonym(customer_id))
          FROM tap.transactions WHERE %I = $1 AND occurred_at > $2 AND occurred_at < $3', column_name)
      INTO earliest, latest, shared
      USING stretch.value, stretch.first - interval '24 hours', stretch.last + interval '24 hours', known.customer_id;
      -- None is left where a stretch before this one reached as far as here.
      EXIT WHEN earliest IS NULL OR earliest = stretch.first AND latest = stretch.last;
      stretch.first := earliest;
      stretch.last := latest;
    END LOOP;
    IF shared THEN
      UPDATE tap.erasure_identifiers i SET kept = true
      WHERE erasure = known.id AND i.kind = stretch.kind AND i.value = stretch.value;
      CONTINUE;
    END IF;
    IF stretch.kind = 'token' THEN PERFORM tap.erase_places(stretch.value, stretch.first, stretch.last); END IF;
    EXECUTE format('UPDATE tap.transactions SET %1$I = $2 WHERE %1$I = $1 AND occurred_at BETWEEN $3 AND $4', column_name)
    USING stretch.value, coalesce(identifier.pseudonym, tap.pseudonym()), stretch.first, stretch.last;
  END LOOP;
END $$;

-- Replaces what names the customer in a run of transactions, and all that was told of them.
CREATE FUNCTION tap.erase_run(known tap.erasures, chosen integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET jit = off SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
  customer text := coalesce(
    (SELECT pseudonym FROM tap.erasure_identifiers WHERE erasure = known.id AND kind = 'customer'), tap.pseudonym());
  orders jsonb;
  emails jsonb := (
    SELECT jsonb_object_agg(value, CASE WHEN kept THEN value ELSE pseudonym END)
    FROM tap.erasure_identifiers WHERE erasure = known.id AND kind = 'email');
  changed record;
  partitions regclass[] := '{}';
  partition regclass;
BEGIN
  PERFORM tap.erase_identifiers(known, chosen);

  orders := (
    SELECT jsonb_object_agg(order_id, tap.pseudonym()) FROM (
      SELECT DISTINCT order_id FROM tap.erasure_transactions w CROSS JOIN LATERAL (
        SELECT order_id FROM tap.transactions t
        WHERE t.occurred_at = w.occurred_at AND t.transaction_id = w.transaction_id OFFSET 0) t
      WHERE w.erasure = known.id AND w.run = chosen AND order_id IS NOT NULL) o);
  -- One by one, each planned for its own day: a join would be planned for all days there are.
  FOR changed IN
    SELECT t.*, (
      SELECT reasons FROM tap.verdicts v WHERE v.occurred_at = t.occurred_at AND v.transaction_id = t.transaction_id
      ORDER BY position DESC, triggered_by LIMIT 1
    ) AS reasons
    FROM tap.erasure_transactions w CROSS JOIN LATERAL (
      SELECT tableoid::regclass AS partition, * FROM tap.transactions t
      WHERE t.occurred_at = w.occurred_at AND t.transaction_id = w.transaction_id OFFSET 0) t
    WHERE w.erasure = known.id AND w.run = chosen
  LOOP
    partitions := partitions || changed.partition;
    UPDATE tap.transactions t
    SET customer_id = customer, order_id = orders->>changed.order_id, email_hash = emails->>changed.email_hash,
      shipping_address_hash = NULL, decline_reason = NULL,
      account_created_at = CASE WHEN changed.reasons @> '[{"rule": "new-account-amount"}]' THEN t.account_created_at END
    WHERE t.occurred_at = changed.occurred_at AND t.transaction_id = changed.transaction_id;
  END LOOP;

  UPDATE tap.alert_outbox o
  SET customer_id = customer, content = jsonb_set(o.content, '{customerId}', to_jsonb(customer))
  FROM tap.erasure_transactions w WHERE w.erasure = known.id AND w.run = chosen AND o.transaction_id = w.transaction_id;

  FOREACH partition IN ARRAY ARRAY(SELECT DISTINCT unnest(partitions))
  LOOP
    EXECUTE format('ALTER TABLE %s SET (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0)', partition);
  END LOOP;
END $$;

-- Replaces what names the customer in the next transactions; false once it has been replaced in all.
CREATE FUNCTION tap.erase_next(chosen bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  known tap.erasures;
  next_run integer;
  identifiers record;
BEGIN
  -- One at a time: of two customers who share a device, the second to go takes it along.
  PERFORM pg_advisory_xact_lock(hashtext('tap.erasures'));
  SELECT * INTO known FROM tap.erasures WHERE id = chosen FOR UPDATE;
  IF known.id IS NULL THEN
    RAISE EXCEPTION 'there is no erasure %', chosen;
  ELSIF known.state IN ('requested', 'withdrawn') THEN
    RAISE EXCEPTION 'erasure % is %, not approved', chosen, known.state;
  ELSIF known.state = 'approved' THEN
    PERFORM tap.begin_erasure(known);
  ELSIF known.state <> 'running' THEN
    RETURN false;
  END IF;
  SELECT min(run) INTO next_run FROM tap.erasure_transactions WHERE erasure = chosen AND NOT erased;
  IF next_run IS NOT NULL THEN
    PERFORM tap.erase_run(known, next_run);
    UPDATE tap.erasure_transactions SET erased = true WHERE erasure = chosen AND run = next_run;
    RETURN true;
  END IF;
  -- Others may have used an identifier at other times: it is still theirs.
  FOR identifiers IN
    SELECT kind, array_agg(value) AS all_values FROM tap.erasure_identifiers
    WHERE erasure = chosen AND NOT kept AND kind NOT IN ('customer', 'email') GROUP BY kind
  LOOP
    UPDATE tap.erasure_identifiers SET kept = true
    WHERE erasure = chosen AND kind = identifiers.kind AND value = ANY (tap.used(identifiers.kind, identifiers.all_values));
  END LOOP;
  UPDATE tap.erasures SET state = 'replaced' WHERE id = chosen;
  RETURN false;
END $$;

-- What histories in the cache may be of, and whether they still are somebody's.
CREATE FUNCTION tap.erased_identifiers(chosen bigint) RETURNS TABLE (kind text, value text, kept boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT i.kind, i.value, i.kept FROM tap.erasure_identifiers i JOIN tap.erasures e ON e.id = i.erasure
  WHERE e.id = chosen AND e.state = 'replaced' AND i.kind <> 'email'
$$;

-- The transactions that were replaced, as they are now.
CREATE FUNCTION tap.erased_transactions(chosen bigint) RETURNS SETOF tap.transactions
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET jit = off SET max_parallel_workers_per_gather = 0 AS $$
  SELECT t.* FROM tap.erasure_transactions w CROSS JOIN LATERAL (
    SELECT * FROM tap.transactions t WHERE t.occurred_at = w.occurred_at AND t.transaction_id = w.transaction_id OFFSET 0) t
  WHERE w.erasure = chosen AND w.erased
$$;

-- Text without identifiers that stand in it as words of their own; those too short to be told from other words stay.
CREATE FUNCTION tap.without(given text, identifiers text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  cleaned text := given;
  identifier text;
BEGIN
  FOREACH identifier IN ARRAY identifiers LOOP
    CONTINUE WHEN length(identifier) < 6 OR position(identifier IN cleaned) = 0;
    cleaned := regexp_replace(
      cleaned, '(?<![A-Za-z0-9_-])' || regexp_replace(identifier, '([^A-Za-z0-9])', '\\\1', 'g') || '(?![A-Za-z0-9_-])',
      '[erased]', 'g');
  END LOOP;
  RETURN cleaned;
END $$;

-- What stands in JSON for a text, without the quotes.
CREATE FUNCTION tap.json_text(given text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN substr(to_jsonb(given)::text, 2, length(to_jsonb(given)::text) - 2);

-- Rewrites the lists' entries that name what is erased, and the reasons that quote them. Answers how many there were.
CREATE FUNCTION tap.erase_list_changes(known tap.erasures, identifiers text[]) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  entry record;
  entries bigint[] := ARRAY(
    SELECT l.id FROM tap.list_changes l
    WHERE tap.without(reason, identifiers) <> reason OR EXISTS (
      SELECT FROM tap.erasure_identifiers i
      WHERE i.erasure = known.id AND NOT i.kept AND i.kind = l.kind AND i.value = l.value));
  quoted text;
  instead text;
BEGIN
  IF entries = '{}' THEN RETURN 0; END IF;
  FOR entry IN
    SELECT l.id, reason, tap.without(reason, identifiers) AS cleaned FROM tap.list_changes l
    WHERE l.id = ANY (entries) AND tap.without(reason, identifiers) <> reason
  LOOP
    quoted := tap.json_text(entry.id || ': ' || entry.reason);
    instead := tap.json_text(entry.id || ': ' || entry.cleaned);
    UPDATE tap.verdicts SET reasons = replace(reasons::text, quoted, instead)::jsonb
    WHERE reasons IS NOT NULL AND position(quoted IN reasons::text) > 0;
    UPDATE tap.shadow_verdicts SET reasons = replace(reasons::text, quoted, instead)::jsonb
    WHERE reasons IS NOT NULL AND position(quoted IN reasons::text) > 0;
    UPDATE tap.alert_outbox SET content = replace(content::text, quoted, instead)::jsonb
    WHERE position(quoted IN content::text) > 0;
  END LOOP;
  PERFORM tap.erase_commitments('list_changes', entries, known.audit_id);
  UPDATE tap.list_changes l
  SET reason = tap.without(reason, identifiers),
    value = coalesce((
      SELECT pseudonym FROM tap.erasure_identifiers i
      WHERE i.erasure = known.id AND NOT i.kept AND i.kind = l.kind AND i.value = l.value), l.value)
  WHERE l.id = ANY (entries);
  RETURN cardinality(entries);
END $$;

-- The last portion: what was written about the customer besides transactions. Then nobody knows who it was.
CREATE FUNCTION tap.finish_erasure(chosen bigint) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  known tap.erasures;
  identifiers text[];
  noted bigint[];
  asked bigint[];
  erased jsonb;
  refused bigint;
  keys bigint;
  behind record;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('tap.erasures'));
  SELECT * INTO known FROM tap.erasures WHERE id = chosen FOR UPDATE;
  IF known.state = 'done' THEN
    RETURN known.counts;
  ELSIF known.state IS DISTINCT FROM 'replaced' THEN
    RAISE EXCEPTION 'erasure % is %, and transactions may be left', chosen, known.state;
  END IF;
  identifiers := ARRAY(SELECT value FROM tap.erasure_identifiers WHERE erasure = chosen AND NOT kept);

  -- What was on its way while its transaction was replaced.
  FOR behind IN
    SELECT o.id, t.customer_id FROM tap.alert_outbox o CROSS JOIN LATERAL (
      SELECT t.customer_id FROM tap.transactions t
      WHERE t.occurred_at = o.occurred_at AND t.transaction_id = o.transaction_id OFFSET 0) t
    WHERE o.customer_id = known.customer_id AND t.customer_id <> o.customer_id
  LOOP
    UPDATE tap.alert_outbox o
    SET customer_id = behind.customer_id, content = jsonb_set(o.content, '{customerId}', to_jsonb(behind.customer_id))
    WHERE o.id = behind.id;
  END LOOP;

  UPDATE tap.quarantine q SET record = '[erased]'
  WHERE q.transaction_id IN (SELECT w.transaction_id FROM tap.erasure_transactions w WHERE w.erasure = chosen)
    OR EXISTS (
      SELECT FROM unnest(identifiers) i (value)
      WHERE position(CASE WHEN length(value) < 6 THEN to_jsonb(value)::text ELSE value END IN q.record) > 0);
  GET DIAGNOSTICS refused = ROW_COUNT;

  DELETE FROM tap.archive_keys k WHERE k.customer_id = known.customer_id;
  GET DIAGNOSTICS keys = ROW_COUNT;

  noted := ARRAY(
    SELECT d.id FROM tap.dispositions d
    WHERE d.transaction_id IN (SELECT w.transaction_id FROM tap.erasure_transactions w WHERE w.erasure = chosen)
      OR tap.without(note, identifiers) <> note);
  asked := ARRAY(
    SELECT l.id FROM tap.audit_log l
    WHERE l.id = known.audit_id OR l.personal IS NOT NULL AND (
      l.detail->>'transactionId' IN (SELECT w.transaction_id FROM tap.erasure_transactions w WHERE w.erasure = chosen)
      OR EXISTS (SELECT FROM jsonb_each_text(l.personal) p
        WHERE p.value = ANY (identifiers) OR tap.without(p.value, identifiers) <> p.value)));
  erased := jsonb_build_object(
    'transactions', (SELECT count(*) FROM tap.erasure_transactions WHERE erasure = chosen),
    'alerts', (
      SELECT count(*) FROM tap.alert_outbox JOIN tap.erasure_transactions w USING (transaction_id) WHERE w.erasure = chosen),
    'quarantined', refused, 'archiveKeys', keys, 'dispositions', cardinality(noted), 'requests', cardinality(asked),
    'kept', (SELECT coalesce(jsonb_object_agg(kind, n), '{}') FROM (
      SELECT kind, count(*) AS n FROM tap.erasure_identifiers WHERE erasure = chosen AND kept GROUP BY kind) k));

  -- The chain's lock comes last, since whoever asks for anything waits for it.
  erased := erased || jsonb_build_object('listChanges', tap.erase_list_changes(known, identifiers));
  IF noted <> '{}' THEN
    PERFORM tap.erase_commitments('dispositions', noted, known.audit_id);
    UPDATE tap.dispositions SET note = '[erased]' WHERE id = ANY (noted);
  END IF;
  PERFORM tap.erase_commitments('audit_log', asked, known.audit_id);
  UPDATE tap.audit_log SET personal = '{}' WHERE id = ANY (asked);
  INSERT INTO tap.audit_log (action, detail) VALUES ('erased', jsonb_build_object(
    'erasure', known.id, 'request', known.audit_id, 'requestedBy', known.requested_by, 'approvedBy', known.approved_by,
    'reason', known.reason, 'counts', erased));

  DELETE FROM tap.erasure_transactions WHERE erasure = chosen;
  DELETE FROM tap.erasure_identifiers WHERE erasure = chosen;
  UPDATE tap.erasures e SET state = 'done', customer_id = NULL, ended_at = clock_timestamp(), counts = erased
  WHERE e.id = chosen;
  RETURN erased;
END $$;

GRANT SELECT (id, state, requested_by, reason, requested_at, audit_id, approved_by, approved_at, ended_at, counts)
  ON tap.erasures TO tap_operator;
REVOKE ALL ON FUNCTION tap.archive_keys_of, tap.archive_keys_by, tap.pseudonym, tap.is_pseudonym,
  tap.request_erasure, tap.decide_erasure, tap.identifier_column, tap.used, tap.begin_erasure, tap.erase_places,
  tap.erase_identifiers, tap.erase_run, tap.erase_next, tap.erased_identifiers, tap.erased_transactions, tap.without,
  tap.json_text, tap.erase_list_changes, tap.finish_erasure FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tap.archive_keys_of TO tap_archiver;
GRANT EXECUTE ON FUNCTION tap.archive_keys_by, tap.request_erasure, tap.decide_erasure, tap.erase_next,
  tap.erased_identifiers, tap.erased_transactions, tap.finish_erasure TO tap_operator;
