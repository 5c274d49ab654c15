-- Keys of customers' own, which the archive's lines are sealed with and which can be destroyed.

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

REVOKE ALL ON FUNCTION tap.archive_keys_of, tap.archive_keys_by FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tap.archive_keys_of TO tap_archiver;
GRANT EXECUTE ON FUNCTION tap.archive_keys_by TO tap_operator;
