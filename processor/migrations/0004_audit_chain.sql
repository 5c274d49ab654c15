-- One hash chain over everything that is append-only, so that a change of what was recorded shows even when it was made past
-- privileges and triggers. What may name a customer is in the chain by a salted hash alone: it can be erased, and the chain still
-- holds. How a row is hashed is in docs/security.md, and processor/audit-chain.ts computes it without these functions.

-- What of a request may name a customer; the rest of it is in detail.
ALTER TABLE tap.audit_log ADD COLUMN personal jsonb CHECK (jsonb_typeof(personal) = 'object');

-- Until now it stood among the rest.
ALTER TABLE tap.audit_log DISABLE TRIGGER append_only;
UPDATE tap.audit_log l SET detail = l.detail - p.keys, personal = (
  SELECT jsonb_object_agg(key, value) FROM jsonb_each(l.detail) WHERE key = ANY (p.keys)
)
FROM (VALUES ('lists', '{value}'::text[]), ('list-add', '{value,reason}'), ('list-remove', '{value,reason}'),
  ('disposition-add', '{note}')) AS p (action, keys)
WHERE l.action = p.action AND l.detail ?| p.keys;
ALTER TABLE tap.audit_log ENABLE TRIGGER append_only;

-- The function's role may say what was asked, and not when or by whom.
REVOKE INSERT ON tap.audit_log FROM tap_operator;
GRANT INSERT (action, detail, personal) ON tap.audit_log TO tap_operator;

-- What a disposition is about, so that sums of confirmed fraud outlive the days they are of. NULL where the day was dropped before.
ALTER TABLE tap.dispositions
  ADD COLUMN merchant_id text COLLATE "C",
  ADD COLUMN amount bigint,
  ADD COLUMN currency text,
  ADD COLUMN outcome text;
ALTER TABLE tap.dispositions DISABLE TRIGGER append_only;
UPDATE tap.dispositions d
SET merchant_id = t.merchant_id, amount = t.amount, currency = t.currency, outcome = t.outcome
FROM tap.transactions t WHERE t.occurred_at = d.occurred_at AND t.transaction_id = d.transaction_id;
ALTER TABLE tap.dispositions ENABLE TRIGGER append_only;

CREATE INDEX ON tap.dispositions (occurred_at) WHERE disposition = 'confirmed-fraud';

CREATE OR REPLACE VIEW tap.current_dispositions AS
  SELECT * FROM tap.dispositions d
  WHERE NOT EXISTS (SELECT FROM tap.dispositions l WHERE l.transaction_id = d.transaction_id AND l.id > d.id);

-- It reads transactions, which the operators' role may; others that insert are the owner.
CREATE OR REPLACE FUNCTION tap.date_disposition() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  SELECT occurred_at INTO NEW.occurred_at FROM tap.transaction_ids WHERE transaction_id = NEW.transaction_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no transaction has the id %', NEW.transaction_id;
  END IF;
  SELECT merchant_id, amount, currency, outcome INTO NEW.merchant_id, NEW.amount, NEW.currency, NEW.outcome
  FROM tap.transactions WHERE occurred_at = NEW.occurred_at AND transaction_id = NEW.transaction_id;
  RETURN NEW;
END $$;

CREATE TABLE tap.audit_chain (
  -- From 1, without gaps, in the order of commits.
  sequence bigint PRIMARY KEY,
  source text NOT NULL CHECK (source IN ('audit_log', 'rule_set_changes', 'list_changes', 'dispositions')),
  row_id bigint NOT NULL,
  salt bytea CHECK (octet_length(salt) = 32),
  -- Of the salt and what may name a customer; NULL where the row holds nothing of the kind.
  personal_hash bytea CHECK (octet_length(personal_hash) = 32),
  -- The record of the erasure (tap.audit_log.id), where what may name a customer was erased.
  erased_by bigint,
  content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 32),
  previous_hash bytea NOT NULL CHECK (octet_length(previous_hash) = 32),
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  UNIQUE (source, row_id),
  CONSTRAINT salted_or_erased CHECK (num_nonnulls(salt, erased_by) = num_nonnulls(personal_hash))
);

-- Fields one after the other so that no two lists of fields look alike: netstrings, and "-," for NULL.
CREATE FUNCTION tap.netstrings(fields text[]) RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT convert_to(string_agg(coalesce(octet_length(field) || ':' || field || ',', '-,'), '' ORDER BY n), 'UTF8')
  FROM unnest(fields) WITH ORDINALITY AS f (field, n)
$$;

-- The fields of a row, in text, and apart from them those that may name a customer (NULL where there are none).
CREATE FUNCTION tap.audited_fields(source text, row_id bigint, OUT fields text[], OUT personal text[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' AS $$
BEGIN
  CASE source
    WHEN 'audit_log' THEN
      SELECT ARRAY[r.id::text, r.happened_at::text, r.database_user, r.action, r.detail::text],
        CASE WHEN r.personal IS NOT NULL THEN ARRAY[r.personal::text] END
      INTO STRICT fields, personal FROM tap.audit_log r WHERE r.id = row_id;
    WHEN 'rule_set_changes' THEN
      SELECT ARRAY[r.id::text, r.changed_at::text, r.database_user, r.version, r.from_state, r.to_state, r.change, r.person, r.reason,
        s.content::text]
      INTO STRICT fields FROM tap.rule_set_changes r JOIN tap.rule_sets s USING (version) WHERE r.id = row_id;
    WHEN 'list_changes' THEN
      SELECT ARRAY[r.id::text, r.changed_at::text, r.database_user, r.list, r.kind, r.change, r.expires_at::text, r.author,
        r.dispositions::text], ARRAY[r.value, r.reason]
      INTO STRICT fields, personal FROM tap.list_changes r WHERE r.id = row_id;
    WHEN 'dispositions' THEN
      SELECT ARRAY[r.id::text, r.recorded_at::text, r.database_user, r.transaction_id, r.occurred_at::text, r.disposition, r.analyst,
        r.merchant_id, r.amount::text, r.currency, r.outcome], ARRAY[r.note]
      INTO STRICT fields, personal FROM tap.dispositions r WHERE r.id = row_id;
  END CASE;
END $$;

-- Chains a row to the last one. The caller holds the chain's lock.
CREATE FUNCTION tap.append_to_chain(source text, row_id bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  audited record := tap.audited_fields(source, row_id);
  link tap.audit_chain;
BEGIN
  SELECT c.sequence + 1, c.hash INTO link.sequence, link.previous_hash FROM tap.audit_chain c ORDER BY c.sequence DESC LIMIT 1;
  IF NOT FOUND THEN
    link.sequence := 1;
    link.previous_hash := decode(repeat('00', 32), 'hex');
  END IF;
  IF audited.personal IS NOT NULL THEN
    link.salt := uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());
    link.personal_hash := sha256(link.salt || tap.netstrings(audited.personal));
  END IF;
  link.source := source;
  link.row_id := row_id;
  link.content_hash := sha256(tap.netstrings(ARRAY[source] || audited.fields || ARRAY[encode(link.personal_hash, 'hex')]));
  link.hash := sha256(tap.netstrings(
    ARRAY[link.sequence::text, encode(link.content_hash, 'hex'), encode(link.previous_hash, 'hex')]));
  INSERT INTO tap.audit_chain VALUES (link.*);
END $$;

-- Two writers at once would chain to the same row. The lock is the first thing that an insert takes, so that it comes before
-- others: of those who hold it, none waits for one who waits for it.
CREATE FUNCTION tap.lock_chain() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('tap.audit_chain'));
  RETURN NULL;
END $$;

CREATE FUNCTION tap.chain_row() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM tap.append_to_chain(TG_TABLE_NAME, NEW.id);
  RETURN NULL;
END $$;

-- The one change there can be: what may name a customer, given by its columns, where the chain has let go of it.
CREATE FUNCTION tap.refuse_change_but_erasure() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF to_jsonb(NEW) - TG_ARGV IS DISTINCT FROM to_jsonb(OLD) - TG_ARGV OR NOT EXISTS (
    SELECT FROM tap.audit_chain WHERE source = TG_TABLE_NAME AND row_id = OLD.id AND erased_by IS NOT NULL
  ) THEN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP;
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION tap.refuse_change_of_chain() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF OLD.erased_by IS NOT NULL OR NEW.erased_by IS NULL
    OR to_jsonb(NEW) - '{salt,erased_by}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{salt,erased_by}'::text[] THEN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP;
  END IF;
  RETURN NEW;
END $$;

-- Lets go of what may name a customer in these rows: without the salt nobody can tell what the hash was of. From then on those
-- columns, and nothing else, can be changed. The chain records it, and a row that is erased without such a record counts as altered.
CREATE FUNCTION tap.erase_commitments(source text, rows bigint[], request bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  recorded bigint;
BEGIN
  INSERT INTO tap.audit_log (action, detail)
  VALUES ('erase-commitments', jsonb_build_object('request', request, 'source', source, 'rows', to_jsonb(rows)))
  RETURNING id INTO recorded;
  UPDATE tap.audit_chain c SET salt = NULL, erased_by = recorded
  WHERE c.source = erase_commitments.source AND c.row_id = ANY (rows) AND c.salt IS NOT NULL;
END $$;

-- What was recorded until now, in the order of time.
DO $$
DECLARE
  r record;
BEGIN
  FOR r IN
    SELECT 'audit_log' AS source, id, happened_at AS at FROM tap.audit_log
    UNION ALL SELECT 'rule_set_changes', id, changed_at FROM tap.rule_set_changes
    UNION ALL SELECT 'list_changes', id, changed_at FROM tap.list_changes
    UNION ALL SELECT 'dispositions', id, recorded_at FROM tap.dispositions
    ORDER BY at, source, id
  LOOP
    PERFORM tap.append_to_chain(r.source, r.id);
  END LOOP;
END $$;

CREATE TRIGGER lock_chain BEFORE INSERT ON tap.audit_log FOR EACH STATEMENT EXECUTE FUNCTION tap.lock_chain();
CREATE TRIGGER lock_chain BEFORE INSERT ON tap.rule_set_changes FOR EACH STATEMENT EXECUTE FUNCTION tap.lock_chain();
CREATE TRIGGER lock_chain BEFORE INSERT ON tap.list_changes FOR EACH STATEMENT EXECUTE FUNCTION tap.lock_chain();
CREATE TRIGGER lock_chain BEFORE INSERT ON tap.dispositions FOR EACH STATEMENT EXECUTE FUNCTION tap.lock_chain();
CREATE TRIGGER chain_row AFTER INSERT ON tap.audit_log FOR EACH ROW EXECUTE FUNCTION tap.chain_row();
CREATE TRIGGER chain_row AFTER INSERT ON tap.rule_set_changes FOR EACH ROW EXECUTE FUNCTION tap.chain_row();
CREATE TRIGGER chain_row AFTER INSERT ON tap.list_changes FOR EACH ROW EXECUTE FUNCTION tap.chain_row();
CREATE TRIGGER chain_row AFTER INSERT ON tap.dispositions FOR EACH ROW EXECUTE FUNCTION tap.chain_row();

DROP TRIGGER append_only ON tap.audit_log;
DROP TRIGGER append_only ON tap.list_changes;
DROP TRIGGER append_only ON tap.dispositions;
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON tap.audit_log FOR EACH STATEMENT EXECUTE FUNCTION tap.refuse_change();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON tap.list_changes FOR EACH STATEMENT EXECUTE FUNCTION tap.refuse_change();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON tap.dispositions FOR EACH STATEMENT EXECUTE FUNCTION tap.refuse_change();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON tap.audit_chain FOR EACH STATEMENT EXECUTE FUNCTION tap.refuse_change();
CREATE TRIGGER erasable BEFORE UPDATE ON tap.audit_log
  FOR EACH ROW EXECUTE FUNCTION tap.refuse_change_but_erasure('personal');
CREATE TRIGGER erasable BEFORE UPDATE ON tap.list_changes
  FOR EACH ROW EXECUTE FUNCTION tap.refuse_change_but_erasure('value', 'reason');
CREATE TRIGGER erasable BEFORE UPDATE ON tap.dispositions
  FOR EACH ROW EXECUTE FUNCTION tap.refuse_change_but_erasure('note');
CREATE TRIGGER erasable BEFORE UPDATE ON tap.audit_chain
  FOR EACH ROW EXECUTE FUNCTION tap.refuse_change_of_chain();

GRANT SELECT ON tap.audit_chain TO tap_operator;
REVOKE ALL ON FUNCTION tap.netstrings, tap.audited_fields, tap.append_to_chain, tap.lock_chain, tap.chain_row,
  tap.refuse_change_but_erasure, tap.refuse_change_of_chain, tap.erase_commitments FROM PUBLIC;
