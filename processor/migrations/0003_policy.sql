-- Rule sets with states, the block, watch and allow lists, and what analysts found out. The processor reads them; what
-- operators may change about rule sets is in functions that check it, and everything else is append-only.

-- The name a person signs in with.
CREATE DOMAIN tap.person AS text CHECK (VALUE ~ '^[A-Za-z0-9._@+-]{1,64}$');
-- Why something was done.
CREATE DOMAIN tap.note AS text CHECK (char_length(VALUE) BETWEEN 1 AND 500);

ALTER TABLE tap.rule_sets
  ALTER COLUMN activated_at DROP NOT NULL,
  ALTER COLUMN activated_at DROP DEFAULT,
  ADD COLUMN state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'shadow', 'active', 'retired')),
  ADD COLUMN author tap.person NOT NULL DEFAULT 'deployment',
  ADD COLUMN proposed_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN approver tap.person,
  -- The rule set that was active before it, which a rollback makes active again.
  ADD COLUMN replaced text REFERENCES tap.rule_sets,
  ADD CONSTRAINT names_its_version CHECK (version ~ '^[A-Za-z0-9._-]{1,64}$' AND content->>'version' = version),
  ADD CONSTRAINT active_is_approved CHECK (state <> 'active' OR (approver IS NOT NULL AND activated_at IS NOT NULL)),
  -- The very first is the deployment's alone, which tap.change_rule_set sees to.
  ADD CONSTRAINT two_persons CHECK (lower(approver) <> lower(author) OR author = 'deployment');

-- Of the rule sets that deployments had made known, the last one is active.
UPDATE tap.rule_sets r
SET state = CASE WHEN o.next IS NULL THEN 'active' ELSE 'retired' END,
  proposed_at = r.activated_at, approver = 'deployment', replaced = o.replaced
FROM (
  SELECT version, lag(version) OVER activations AS replaced, lead(version) OVER activations AS next FROM tap.rule_sets
  WINDOW activations AS (ORDER BY activated_at, version)
) o WHERE o.version = r.version;

CREATE UNIQUE INDEX one_active ON tap.rule_sets (state) WHERE state = 'active';

CREATE FUNCTION tap.keep_one_active() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM tap.rule_sets WHERE state = 'active') THEN
    RAISE EXCEPTION 'one rule set must stay active; activate another one in place of %', OLD.version;
  END IF;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER keep_one_active AFTER UPDATE OR DELETE ON tap.rule_sets DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD.state = 'active') EXECUTE FUNCTION tap.keep_one_active();

CREATE TABLE tap.rule_set_changes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  version text NOT NULL REFERENCES tap.rule_sets,
  from_state text,
  to_state text NOT NULL,
  -- What was asked for: the activation of one rule set retires another.
  change text NOT NULL CHECK (change IN ('propose', 'shadow', 'activate', 'rollback', 'retire')),
  person tap.person NOT NULL,
  reason tap.note NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  database_user text NOT NULL DEFAULT session_user
);

CREATE INDEX ON tap.rule_set_changes (version, id);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tap.rule_set_changes
  FOR EACH STATEMENT EXECUTE FUNCTION tap.refuse_change();

INSERT INTO tap.rule_set_changes (version, to_state, change, person, reason, changed_at)
SELECT version, state, 'activate', 'deployment', 'deployed before rule sets had states', activated_at
FROM tap.rule_sets ORDER BY activated_at, version;

-- Nobody signs in as the deployment, so nobody who acts for a person may use its name.
CREATE FUNCTION tap.refuse_name_of_deployment(person text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF lower(person) = 'deployment' AND session_user = 'tap_operator' THEN
    RAISE EXCEPTION 'deployment is no person; give the name of the one who does this';
  END IF;
END $$;

-- Makes a rule set known, as a draft. The same one may be proposed again without effect.
CREATE FUNCTION tap.propose_rule_set(proposed jsonb, author text, reason text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  known jsonb;
BEGIN
  PERFORM tap.refuse_name_of_deployment(author);
  LOCK TABLE tap.rule_sets IN SHARE ROW EXCLUSIVE MODE;
  SELECT content INTO known FROM tap.rule_sets WHERE version = proposed->>'version';
  IF known = proposed THEN
    RETURN;
  ELSIF FOUND THEN
    RAISE EXCEPTION 'rule set % was used before with other rules; give the changed rule set a new version',
      proposed->>'version';
  END IF;
  INSERT INTO tap.rule_sets (version, content, author) VALUES (proposed->>'version', proposed, author);
  INSERT INTO tap.rule_set_changes (version, to_state, change, person, reason)
  VALUES (proposed->>'version', 'draft', 'propose', author, reason);
END $$;

-- Changes a rule set's state: draft to shadow, draft or shadow to active or retired, and back to the one that the active
-- one replaced (rollback, whose version is that of the active one). Answers the version that is active afterwards.
CREATE FUNCTION tap.change_rule_set(chosen text, change text, person text, reason text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  target tap.rule_sets;
  active tap.rule_sets;
  reached text := CASE change WHEN 'shadow' THEN 'shadow' WHEN 'retire' THEN 'retired' ELSE 'active' END;
BEGIN
  PERFORM tap.refuse_name_of_deployment(person);
  LOCK TABLE tap.rule_sets IN SHARE ROW EXCLUSIVE MODE;
  SELECT * INTO active FROM tap.rule_sets WHERE state = 'active';
  SELECT * INTO target FROM tap.rule_sets WHERE version = CASE change WHEN 'rollback' THEN active.replaced ELSE chosen END;
  IF change = 'rollback' AND active.version IS DISTINCT FROM chosen THEN
    RAISE EXCEPTION 'rule set % is not active, % is; roll that one back or nothing', chosen, active.version;
  ELSIF change = 'rollback' AND target.version IS NULL THEN
    RAISE EXCEPTION 'no rule set was active before %', active.version;
  ELSIF target.version IS NULL THEN
    RAISE EXCEPTION 'there is no rule set %; propose it first', chosen;
  ELSIF change <> 'rollback' AND NOT (target.state = 'draft' OR target.state = 'shadow' AND change <> 'shadow') THEN
    RAISE EXCEPTION 'rule set % is %; only a draft% can be made %', chosen, target.state,
      CASE change WHEN 'shadow' THEN '' ELSE ' or shadow' END, reached;
  ELSIF change = 'activate' AND lower(person) = lower(target.author) AND NOT (person = 'deployment' AND active IS NULL) THEN
    RAISE EXCEPTION 'rule set % was proposed by %; another person must activate it', chosen, target.author;
  END IF;

  IF reached = 'active' AND active.version IS NOT NULL THEN
    UPDATE tap.rule_sets SET state = 'retired' WHERE version = active.version;
    INSERT INTO tap.rule_set_changes (version, from_state, to_state, change, person, reason)
    VALUES (active.version, 'active', 'retired', change_rule_set.change, person, reason);
  END IF;
  UPDATE tap.rule_sets SET state = reached,
    activated_at = CASE reached WHEN 'active' THEN clock_timestamp() ELSE activated_at END,
    approver = CASE change_rule_set.change WHEN 'activate' THEN person ELSE approver END,
    replaced = CASE change_rule_set.change WHEN 'activate' THEN active.version ELSE replaced END
  WHERE version = target.version;
  INSERT INTO tap.rule_set_changes (version, from_state, to_state, change, person, reason)
  VALUES (target.version, target.state, reached, change_rule_set.change, person, reason);
  RETURN CASE reached WHEN 'active' THEN target.version ELSE active.version END;
END $$;

-- Every change of the lists: of a list, kind and value the last one counts.
CREATE TABLE tap.list_changes (
  -- Without gaps and in the order of commits, so that whoever knows them up to one misses none.
  id bigint PRIMARY KEY,
  list text NOT NULL CHECK (list IN ('block', 'watch', 'allow')),
  kind text NOT NULL CHECK (kind IN ('customer', 'token', 'device', 'address', 'email', 'country', 'merchant')),
  value text COLLATE "C" NOT NULL CHECK (char_length(value) BETWEEN 1 AND 64),
  change text NOT NULL CHECK (change IN ('add', 'remove')),
  reason tap.note NOT NULL,
  -- The entry applies to what happened before this time; NULL for ever.
  expires_at timestamptz CHECK (expires_at IS NULL OR change = 'add'),
  author tap.person NOT NULL,
  -- The confirmed frauds it is for, where nobody but they asked for it (tap.dispositions.id).
  dispositions bigint[],
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  database_user text NOT NULL DEFAULT session_user
);

CREATE INDEX ON tap.list_changes (list, kind, value, id DESC);

CREATE FUNCTION tap.number_list_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('tap.list_changes'));
  NEW.id := (SELECT coalesce(max(id), 0) + 1 FROM tap.list_changes);
  RETURN NEW;
END $$;

CREATE TRIGGER number_list_change BEFORE INSERT ON tap.list_changes
  FOR EACH ROW EXECUTE FUNCTION tap.number_list_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tap.list_changes
  FOR EACH STATEMENT EXECUTE FUNCTION tap.refuse_change();

CREATE VIEW tap.list_entries AS
  SELECT * FROM (
    SELECT DISTINCT ON (list, kind, value) * FROM tap.list_changes ORDER BY list, kind, value, id DESC
  ) last WHERE change = 'add';

-- What analysts found out about a transaction; the last one counts.
CREATE TABLE tap.dispositions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction_id text COLLATE "C" NOT NULL,
  occurred_at timestamptz NOT NULL,
  disposition text NOT NULL CHECK (disposition IN ('confirmed-fraud', 'false-positive', 'unclear')),
  analyst tap.person NOT NULL,
  note tap.note NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  database_user text NOT NULL DEFAULT session_user
);

CREATE INDEX ON tap.dispositions (transaction_id, id DESC);
CREATE INDEX ON tap.dispositions (recorded_at) WHERE disposition = 'confirmed-fraud';

CREATE FUNCTION tap.date_disposition() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  SELECT occurred_at INTO NEW.occurred_at FROM tap.transaction_ids WHERE transaction_id = NEW.transaction_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no transaction has the id %', NEW.transaction_id;
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER date_disposition BEFORE INSERT ON tap.dispositions
  FOR EACH ROW EXECUTE FUNCTION tap.date_disposition();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tap.dispositions
  FOR EACH STATEMENT EXECUTE FUNCTION tap.refuse_change();

CREATE VIEW tap.current_dispositions AS
  SELECT * FROM tap.dispositions d
  WHERE NOT EXISTS (SELECT FROM tap.dispositions l WHERE l.transaction_id = d.transaction_id AND l.id > d.id);

GRANT SELECT ON tap.rule_sets, tap.list_changes TO tap_processor;
GRANT SELECT ON tap.rule_set_changes, tap.list_changes, tap.list_entries, tap.dispositions, tap.current_dispositions
  TO tap_operator;
GRANT INSERT (list, kind, value, change, reason, expires_at, author, dispositions) ON tap.list_changes TO tap_operator;
GRANT INSERT (transaction_id, disposition, analyst, note) ON tap.dispositions TO tap_operator;
REVOKE ALL ON FUNCTION tap.keep_one_active, tap.refuse_name_of_deployment, tap.propose_rule_set, tap.change_rule_set,
  tap.number_list_change, tap.date_disposition FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tap.propose_rule_set, tap.change_rule_set TO tap_operator;
