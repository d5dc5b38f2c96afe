-- What the database itself refuses, whoever asks.

-- Cells: the four names stay, expires_on moves only earlier, state and generation only forward,
-- and six months are the ceiling.
CREATE FUNCTION retention_cell_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    states CONSTANT text[] := ARRAY['open', 'sealed', 'purging', 'shredded', 'purged'];
    step int;
BEGIN
    IF NEW.expires_on > (NEW.clock_day + interval '6 months')::date THEN
        RAISE EXCEPTION 'cell_ceiling: nothing is kept for more than six months'
            USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.customer_id, NEW.clock_day, NEW.data_class, NEW.retain_days)
       IS DISTINCT FROM (OLD.id, OLD.customer_id, OLD.clock_day, OLD.data_class, OLD.retain_days)
    THEN
        RAISE EXCEPTION 'cell_identity: a cell never changes what it is about'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.expires_on > OLD.expires_on THEN
        RAISE EXCEPTION 'cell_expires_on: a deletion date only moves earlier'
            USING ERRCODE = 'check_violation';
    END IF;
    step := array_position(states, NEW.state) - array_position(states, OLD.state);
    IF step NOT IN (0, 1) THEN
        RAISE EXCEPTION 'cell_state: % does not follow %', NEW.state, OLD.state
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'purging' AND NEW.intent_id IS NULL THEN
        RAISE EXCEPTION 'cell_intent: nothing is destroyed without an entry in the log'
            USING ERRCODE = 'check_violation';
    END IF;
    IF (OLD.intent_id IS NOT NULL AND NEW.intent_id IS DISTINCT FROM OLD.intent_id)
       OR (OLD.deletion_id IS NOT NULL AND NEW.deletion_id IS DISTINCT FROM OLD.deletion_id)
       OR (OLD.shredded_at IS NOT NULL AND NEW.shredded_at IS DISTINCT FROM OLD.shredded_at) THEN
        RAISE EXCEPTION 'cell_evidence: what proves a destruction stays with its cell'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.generation < OLD.generation OR NEW.acknowledged < OLD.acknowledged
       OR (OLD.state NOT IN ('open', 'sealed') AND NEW.acknowledged <> OLD.acknowledged) THEN
        RAISE EXCEPTION 'cell_counts: what was acknowledged stays acknowledged'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER retention_cell_guard BEFORE INSERT OR UPDATE ON retention_cell
    FOR EACH ROW EXECUTE FUNCTION retention_cell_guard();

-- Evidence: added, never changed, never removed.
CREATE FUNCTION retention_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: % is refused', TG_TABLE_NAME, lower(TG_OP)
        USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER retention_cell_keep BEFORE DELETE OR TRUNCATE ON retention_cell
    FOR EACH STATEMENT EXECUTE FUNCTION retention_refuse();
CREATE TRIGGER retention_deletionrecord_keep
    BEFORE UPDATE OR DELETE OR TRUNCATE ON retention_deletionrecord
    FOR EACH STATEMENT EXECUTE FUNCTION retention_refuse();
CREATE TRIGGER retention_entry_keep BEFORE DELETE OR TRUNCATE ON retention_entry
    FOR EACH STATEMENT EXECUTE FUNCTION retention_refuse();
CREATE TRIGGER retention_activation_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON retention_activation
    FOR EACH STATEMENT EXECUTE FUNCTION retention_refuse();
CREATE TRIGGER retention_profilechoice_keep
    BEFORE UPDATE OR DELETE OR TRUNCATE ON retention_profilechoice
    FOR EACH STATEMENT EXECUTE FUNCTION retention_refuse();

-- An entry is signed once; nothing else about it ever changes.
CREATE FUNCTION retention_entry_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.signed_at IS NOT NULL OR NEW.signed_at IS NULL
       OR (NEW.id, NEW.kind, NEW.subject, NEW.facts, NEW.created_at)
          IS DISTINCT FROM (OLD.id, OLD.kind, OLD.subject, OLD.facts, OLD.created_at) THEN
        RAISE EXCEPTION 'entry_signed_once: an entry is only ever signed'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER retention_entry_guard BEFORE UPDATE ON retention_entry
    FOR EACH ROW EXECUTE FUNCTION retention_entry_guard();

CREATE FUNCTION retention_entry_pending() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.signed_at IS NOT NULL THEN
        RAISE EXCEPTION 'entry_pending: an entry begins unsigned'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER retention_entry_pending BEFORE INSERT ON retention_entry
    FOR EACH ROW EXECUTE FUNCTION retention_entry_pending();

-- Policy versions are immutable once approved; states go forward.
CREATE FUNCTION retention_policyversion_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state = 'draft' THEN RETURN NEW; END IF;
        RAISE EXCEPTION 'policyversion_state: a version begins as a draft'
            USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF OLD.state = 'draft' THEN RETURN OLD; END IF;
        RAISE EXCEPTION 'policyversion_immutable: an approved version stays'
            USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state <> 'draft' AND (NEW.id, NEW.number, NEW.text, NEW.context_lines, NEW.whole_files)
       IS DISTINCT FROM (OLD.id, OLD.number, OLD.text, OLD.context_lines, OLD.whole_files) THEN
        RAISE EXCEPTION 'policyversion_immutable: an approved version is not edited'
            USING ERRCODE = 'check_violation';
    END IF;
    IF (OLD.state, NEW.state) NOT IN (
        ('draft', 'draft'), ('draft', 'approved'), ('approved', 'approved'),
        ('approved', 'announced'), ('approved', 'withdrawn'), ('announced', 'announced'),
        ('announced', 'withdrawn'), ('withdrawn', 'withdrawn')) THEN
        RAISE EXCEPTION 'policyversion_state: % does not follow %', NEW.state, OLD.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER retention_policyversion_guard
    BEFORE INSERT OR UPDATE OR DELETE ON retention_policyversion
    FOR EACH ROW EXECUTE FUNCTION retention_policyversion_guard();
CREATE TRIGGER retention_policyversion_keep BEFORE TRUNCATE ON retention_policyversion
    FOR EACH STATEMENT EXECUTE FUNCTION retention_refuse();

CREATE FUNCTION retention_policyperiod_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched bigint[] := CASE TG_OP
        WHEN 'INSERT' THEN ARRAY[NEW.version_id]
        WHEN 'DELETE' THEN ARRAY[OLD.version_id]
        ELSE ARRAY[OLD.version_id, NEW.version_id] END;
BEGIN
    PERFORM 1 FROM retention_policyversion WHERE id = ANY (touched) AND state <> 'draft';
    IF FOUND THEN
        RAISE EXCEPTION 'policyversion_immutable: the periods of an approved version stay'
            USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER retention_policyperiod_guard
    BEFORE INSERT OR UPDATE OR DELETE ON retention_policyperiod
    FOR EACH ROW EXECUTE FUNCTION retention_policyperiod_guard();
CREATE TRIGGER retention_policyperiod_keep BEFORE TRUNCATE ON retention_policyperiod
    FOR EACH STATEMENT EXECUTE FUNCTION retention_refuse();

-- The demonstration clock goes forward only.
CREATE FUNCTION retention_democlock_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.offset_seconds < OLD.offset_seconds THEN
        RAISE EXCEPTION 'democlock_forward: the demonstration clock goes forward only'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER retention_democlock_guard BEFORE UPDATE ON retention_democlock
    FOR EACH ROW EXECUTE FUNCTION retention_democlock_guard();
CREATE TRIGGER retention_democlock_keep BEFORE DELETE OR TRUNCATE ON retention_democlock
    FOR EACH STATEMENT EXECUTE FUNCTION retention_refuse();
