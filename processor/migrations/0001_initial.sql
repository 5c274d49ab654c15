-- Transactions, verdicts and quarantine, and the two roles that use them. Times are UTC, amounts integers in the
-- currency's minor unit. Identifiers are ordered by their bytes (COLLATE "C"), as the processor orders them.

CREATE ROLE tap_processor LOGIN;
CREATE ROLE tap_operator LOGIN;

-- On RDS both sign in with IAM only; rds_iam takes password sign-in away.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') THEN
    GRANT rds_iam TO tap_processor, tap_operator;
  END IF;
END $$;

GRANT USAGE ON SCHEMA tap TO tap_processor, tap_operator;

-- One row an identity, whatever the day: what makes a transaction id unique over all partitions.
CREATE TABLE tap.transaction_ids (
  transaction_id text COLLATE "C" PRIMARY KEY,
  occurred_at timestamptz NOT NULL,
  content_hash bytea NOT NULL
);

CREATE TABLE tap.transactions (
  transaction_id text COLLATE "C" NOT NULL,
  occurred_at timestamptz NOT NULL,
  amount bigint NOT NULL CHECK (amount BETWEEN 0 AND 1000000000000),
  currency text NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  merchant_id text COLLATE "C" NOT NULL,
  payment_token text COLLATE "C" NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('approved', 'declined')),
  decline_reason text,
  order_id text COLLATE "C",
  merchant_category text,
  channel text,
  ip_address text COLLATE "C",
  device_id text COLLATE "C",
  email_hash text,
  shipping_address_hash text,
  card_issuer_country text,
  billing_country text,
  shipping_country text,
  latitude double precision,
  longitude double precision,
  account_created_at timestamptz,
  three_d_secure jsonb,
  stored_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (transaction_id, occurred_at)
) PARTITION BY RANGE (occurred_at);

CREATE INDEX ON tap.transactions (customer_id, occurred_at);
CREATE INDEX ON tap.transactions (payment_token, occurred_at);
CREATE INDEX ON tap.transactions (device_id, occurred_at) WHERE device_id IS NOT NULL;
CREATE INDEX ON tap.transactions (ip_address, occurred_at) WHERE ip_address IS NOT NULL;

-- Every judgement. A transaction is judged when it arrives (triggered_by itself) and again when one arrives behind it; the
-- judgement with the highest position, which rests on the most appends to its histories, is the current one.
CREATE TABLE tap.verdicts (
  transaction_id text COLLATE "C" NOT NULL,
  occurred_at timestamptz NOT NULL,
  position bigint NOT NULL,
  triggered_by text COLLATE "C" NOT NULL,
  decision text NOT NULL CHECK (decision IN ('allow', 'review', 'block')),
  score smallint NOT NULL CHECK (score BETWEEN 0 AND 100),
  -- NULL for a plain allow: no rule fired.
  reasons jsonb,
  late boolean NOT NULL,
  rule_set_version text NOT NULL,
  judged_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (transaction_id, occurred_at, position, triggered_by)
) PARTITION BY RANGE (occurred_at);

CREATE INDEX ON tap.verdicts (judged_at) WHERE reasons IS NOT NULL;

CREATE VIEW tap.current_verdicts AS
  SELECT DISTINCT ON (transaction_id, occurred_at) *
  FROM tap.verdicts
  ORDER BY transaction_id, occurred_at, position DESC, triggered_by;

CREATE TABLE tap.quarantine (
  -- shardId:sequenceNumber of the record in the stream.
  event_id text PRIMARY KEY,
  transaction_id text COLLATE "C",
  reason text NOT NULL,
  detail text NOT NULL,
  -- Known fields as JSON, or the record's text, without values that could hold a card number.
  record text NOT NULL,
  quarantined_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX ON tap.quarantine (transaction_id) WHERE transaction_id IS NOT NULL;

-- The rule sets that verdicts name, so that a verdict can be recomputed after its rules have changed.
CREATE TABLE tap.rule_sets (
  version text PRIMARY KEY,
  content jsonb NOT NULL,
  activated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE tap.audit_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  happened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  database_user text NOT NULL DEFAULT session_user,
  action text NOT NULL,
  detail jsonb NOT NULL
);

CREATE FUNCTION tap.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP;
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tap.audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION tap.refuse_change();

-- Makes the partitions of the given days (UTC) where they are missing. It runs with its owner's rights, since the
-- processor's role may insert and select and nothing else. Attaching does not block those who insert.
CREATE FUNCTION tap.ensure_partitions(days date[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  day date;
  parent text;
  child text;
BEGIN
  FOREACH day IN ARRAY days LOOP
    FOREACH parent IN ARRAY ARRAY['transactions', 'verdicts'] LOOP
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

-- Stores one batch: what is new becomes a transaction, what is known is left alone, what is refused or has an id that
-- other content took goes to quarantine. Identities are taken in one order, so concurrent batches do not deadlock.
CREATE FUNCTION tap.accept(arrivals jsonb, refused jsonb)
RETURNS TABLE (stored bigint, conflicts text[], judged text[])
LANGUAGE plpgsql SET timezone = 'UTC' AS $$
BEGIN
  PERFORM tap.ensure_partitions(missing.days) FROM (
    SELECT array_agg(DISTINCT day ORDER BY day) AS days
    FROM (SELECT (a->>'occurredAt')::timestamptz::date AS day FROM jsonb_array_elements(arrivals) a) d
    WHERE to_regclass('tap.verdicts' || to_char(day, '_YYYYMMDD')) IS NULL
  ) missing WHERE missing.days IS NOT NULL;

  INSERT INTO tap.transaction_ids
  SELECT a->>'transactionId', (a->>'occurredAt')::timestamptz, decode(a->>'contentHash', 'hex')
  FROM jsonb_array_elements(arrivals) WITH ORDINALITY AS e (a, n)
  ORDER BY a->>'transactionId' COLLATE "C", n
  ON CONFLICT DO NOTHING;

  SELECT
    coalesce(array_agg(a->>'eventId') FILTER (WHERE i.content_hash <> decode(a->>'contentHash', 'hex')), '{}'),
    coalesce(array_agg(DISTINCT i.transaction_id) FILTER (WHERE EXISTS (
      SELECT FROM tap.verdicts v
      WHERE v.transaction_id = i.transaction_id AND v.occurred_at = i.occurred_at AND v.triggered_by = v.transaction_id
    )), '{}')
  INTO conflicts, judged
  FROM jsonb_array_elements(arrivals) a
  JOIN tap.transaction_ids i ON i.transaction_id = a->>'transactionId';

  INSERT INTO tap.transactions
  SELECT "transactionId", "occurredAt", amount, currency, "customerId", "merchantId", "paymentToken", outcome,
    "declineReason", "orderId", "merchantCategory", channel, "ipAddress", "deviceId", "emailHash", "shippingAddressHash",
    "cardIssuerCountry", "billingCountry", "shippingCountry", (location->>'latitude')::double precision,
    (location->>'longitude')::double precision, "accountCreatedAt", "threeDSecure"
  FROM jsonb_to_recordset(arrivals) AS a (
    "eventId" text, "transactionId" text, "occurredAt" timestamptz, amount bigint, currency text, "customerId" text,
    "merchantId" text, "paymentToken" text, outcome text, "declineReason" text, "orderId" text, "merchantCategory" text,
    channel text, "ipAddress" text, "deviceId" text, "emailHash" text, "shippingAddressHash" text,
    "cardIssuerCountry" text, "billingCountry" text, "shippingCountry" text, location jsonb,
    "accountCreatedAt" timestamptz, "threeDSecure" jsonb)
  WHERE "eventId" <> ALL (conflicts)
  ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS stored = ROW_COUNT;

  INSERT INTO tap.quarantine (event_id, transaction_id, reason, detail, record)
  SELECT q->>'eventId', q->>'transactionId', q->>'reason', q->>'detail', q->>'record' FROM jsonb_array_elements(refused) q
  UNION ALL
  SELECT a->>'eventId', a->>'transactionId', 'conflict:transactionId',
    'transactionId: was used before with other content; every transaction needs an id of its own',
    (a - 'eventId' - 'contentHash')::text
  FROM jsonb_array_elements(arrivals) a WHERE a->>'eventId' = ANY (conflicts)
  ON CONFLICT DO NOTHING;

  RETURN NEXT;
END $$;

GRANT SELECT, INSERT ON tap.transaction_ids, tap.transactions, tap.verdicts, tap.quarantine TO tap_processor;
GRANT SELECT ON ALL TABLES IN SCHEMA tap TO tap_operator;
GRANT INSERT ON tap.audit_log TO tap_operator;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA tap FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tap.accept, tap.ensure_partitions TO tap_processor;
