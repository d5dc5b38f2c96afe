-- What the database itself refuses about versions, notices and stays, whoever asks.
--
-- These triggers ask the database's own clock (`database_time.sql`): a day that the application
-- writes could be any day. The search path is fixed, so that a temporary table of the same name
-- cannot stand in for the real one.

CREATE FUNCTION retention_database_day() RETURNS date LANGUAGE sql VOLATILE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT (retention_database_time() AT TIME ZONE 'UTC')::date
$$;

-- The first day on which a version may bind a customer that is given notice on `given`: the day
-- the officer chose, after the full days of notice, a full day after the approval, and after
-- whatever the customer was told before.
CREATE FUNCTION retention_effective_on(about bigint, customer uuid, given date, notice int)
RETURNS date LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT greatest(
        version.takes_effect_on,
        given + notice + 1,
        (version.approved_at AT TIME ZONE 'UTC')::date + 2,
        (SELECT max(told.effective_on) + 1 FROM retention_activation told
         WHERE told.customer_id = customer AND told.voided_at IS NULL
           AND told.version_id <> about AND told.effective_on > given))
    FROM retention_policyversion version WHERE version.id = about
$$;

-- Versions: a draft has no approval; an approved one has two people, a hash and four periods; what
-- was approved stays as it is; each day is set once, by the step that it belongs to.
CREATE OR REPLACE FUNCTION retention_policyversion_guard() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.state = 'draft' THEN RETURN OLD; END IF;
        RAISE EXCEPTION 'policyversion_immutable: an approved version stays'
            USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' AND NEW.state <> 'draft' THEN
        RAISE EXCEPTION 'policyversion_state: a version begins as a draft'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'draft' AND (NEW.approved_by IS NOT NULL OR NEW.approved_at IS NOT NULL
        OR NEW.content_hash <> '' OR NEW.impact IS NOT NULL OR NEW.announced_at IS NOT NULL
        OR NEW.takes_effect_on IS NOT NULL OR NEW.withdrawn_at IS NOT NULL) THEN
        RAISE EXCEPTION 'policyversion_draft: a draft was neither approved nor announced'
            USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN RETURN NEW; END IF;
    IF (OLD.state, NEW.state) NOT IN (
        ('draft', 'draft'), ('draft', 'approved'), ('approved', 'approved'),
        ('approved', 'announced'), ('approved', 'withdrawn'), ('announced', 'announced'),
        ('announced', 'withdrawn'), ('withdrawn', 'withdrawn')) THEN
        RAISE EXCEPTION 'policyversion_state: % does not follow %', NEW.state, OLD.state
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state <> 'draft' AND (NEW.id, NEW.number, NEW.text, NEW.context_lines, NEW.whole_files,
           NEW.purpose, NEW.exceptions, NEW.places, NEW.reason, NEW.author_id)
       IS DISTINCT FROM (OLD.id, OLD.number, OLD.text, OLD.context_lines, OLD.whole_files,
           OLD.purpose, OLD.exceptions, OLD.places, OLD.reason, OLD.author_id)
       OR OLD.state <> 'draft' AND (NEW.approved_by, NEW.approved_at, NEW.content_hash, NEW.impact)
       IS DISTINCT FROM (OLD.approved_by, OLD.approved_at, OLD.content_hash, OLD.impact) THEN
        RAISE EXCEPTION 'policyversion_immutable: an approved version is not edited'
            USING ERRCODE = 'check_violation';
    END IF;
    IF (OLD.state, NEW.state) = ('draft', 'approved') THEN
        PERFORM retention_policyversion_approvable(NEW);
        NEW.approved_at := retention_database_time();
    END IF;
    IF (OLD.state, NEW.state) = ('approved', 'announced') THEN
        PERFORM retention_policyversion_announceable(NEW);
        NEW.announced_at := retention_database_time();
    ELSIF (NEW.takes_effect_on, NEW.announced_at)
          IS DISTINCT FROM (OLD.takes_effect_on, OLD.announced_at) THEN
        RAISE EXCEPTION 'policyversion_day: the day is set by announcing, once'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'withdrawn' AND OLD.state <> 'withdrawn' THEN
        PERFORM retention_policyversion_withdrawable(NEW);
        NEW.withdrawn_at := retention_database_time();
    ELSIF NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at THEN
        RAISE EXCEPTION 'policyversion_withdrawn: only withdrawing sets that time, once'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION retention_policyversion_approvable(version retention_policyversion) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF version.author_id IS NULL OR version.approved_by IS NULL
       OR version.approved_by = version.author_id THEN
        RAISE EXCEPTION 'policyversion_second_person: somebody other than the author approves'
            USING ERRCODE = 'check_violation';
    END IF;
    IF version.content_hash !~ '^[0-9a-f]{64}$' THEN
        RAISE EXCEPTION 'policyversion_hash: what is approved has a hash'
            USING ERRCODE = 'check_violation';
    END IF;
    IF (SELECT count(*) FROM retention_policyperiod WHERE version_id = version.id) <> 4
       OR NOT EXISTS (SELECT 1 FROM retention_policyperiod WHERE version_id = version.id
           AND data_class = 'snippet' AND days = 1 AND or_when_delivered) THEN
        RAISE EXCEPTION 'policyversion_periods: each kind has its period, snippets a day at most'
            USING ERRCODE = 'check_violation';
    END IF;
END $$;

CREATE FUNCTION retention_policyversion_announceable(version retention_policyversion) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- Of two that are announced at once the second waits here, and then sees the first.
    PERFORM pg_advisory_xact_lock(hashtext('retention announce'));
    -- A day to send them, thirty full days of notice, and the day after.
    IF version.takes_effect_on IS NULL
       OR version.takes_effect_on < retention_database_day() + 32 THEN
        RAISE EXCEPTION 'policyversion_early: 30 full days of notice lie before the day'
            USING ERRCODE = 'check_violation';
    END IF;
    PERFORM 1 FROM retention_policyversion
    WHERE id <> version.id AND state = 'announced' AND takes_effect_on > retention_database_day();
    IF FOUND THEN
        RAISE EXCEPTION 'policyversion_pending: another version is pending'
            USING ERRCODE = 'check_violation';
    END IF;
END $$;

CREATE FUNCTION retention_policyversion_withdrawable(version retention_policyversion) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM retention_activation WHERE version_id = version.id AND voided_at IS NULL
        AND effective_on <= retention_database_day();
    IF FOUND THEN
        RAISE EXCEPTION 'policyversion_in_force: a version that binds somebody is not withdrawn'
            USING ERRCODE = 'check_violation';
    END IF;
END $$;

-- Locks the version too: a period cannot slip in beside an approval that has read them all.
CREATE OR REPLACE FUNCTION retention_policyperiod_guard() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    touched bigint[] := CASE TG_OP
        WHEN 'INSERT' THEN ARRAY[NEW.version_id]
        WHEN 'DELETE' THEN ARRAY[OLD.version_id]
        ELSE ARRAY[OLD.version_id, NEW.version_id] END;
    found_state text;
BEGIN
    FOR found_state IN SELECT state FROM retention_policyversion WHERE id = ANY (touched)
        ORDER BY id FOR SHARE
    LOOP
        IF found_state <> 'draft' THEN
            RAISE EXCEPTION 'policyversion_immutable: the periods of an approved version stay'
                USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;

-- Activations: the day of giving is the database's own; the day of effect is never too early.
DROP TRIGGER retention_activation_keep ON retention_activation;
CREATE TRIGGER retention_activation_keep BEFORE DELETE OR TRUNCATE ON retention_activation
    FOR EACH STATEMENT EXECUTE FUNCTION retention_refuse();

CREATE FUNCTION retention_activation_insert() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    version retention_policyversion;
    earliest date;
BEGIN
    IF NEW.voided_at IS NOT NULL OR NEW.applied_at IS NOT NULL THEN
        RAISE EXCEPTION 'activation_new: it begins neither voided nor applied'
            USING ERRCODE = 'check_violation';
    END IF;
    -- A withdrawal waits for this, or this for the withdrawal.
    SELECT * INTO version FROM retention_policyversion WHERE id = NEW.version_id FOR SHARE;
    IF version.state IS DISTINCT FROM 'announced' THEN
        RAISE EXCEPTION 'activation_version: only an announced version binds anybody'
            USING ERRCODE = 'check_violation';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('retention activation'), hashtext(NEW.customer_id::text));
    IF NEW.kind = 'accepted' THEN
        PERFORM retention_activation_acceptable(NEW, version);
        RETURN NEW;
    END IF;
    NEW.given_on := retention_database_day();
    PERFORM 1 FROM retention_activation told
        JOIN retention_policyversion newer ON newer.id = told.version_id
    WHERE told.customer_id = NEW.customer_id AND told.voided_at IS NULL
        AND newer.announced_at > version.announced_at;
    IF FOUND THEN
        RAISE EXCEPTION 'activation_older: the customer was told of a newer version'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.notice_days IS NULL OR NEW.notice_days < 30 THEN
        RAISE EXCEPTION 'activation_notice: notice is 30 full days at least'
            USING ERRCODE = 'check_violation';
    END IF;
    earliest := retention_effective_on(
        NEW.version_id, NEW.customer_id, NEW.given_on, NEW.notice_days);
    NEW.effective_on := coalesce(NEW.effective_on, earliest);
    IF NEW.effective_on < earliest THEN
        RAISE EXCEPTION 'activation_early: % is before %', NEW.effective_on, earliest
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- Without notice: only somebody who has nothing yet, and with it the version that is pending.
CREATE FUNCTION retention_activation_acceptable(
    made retention_activation, version retention_policyversion) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM retention_cell WHERE customer_id = made.customer_id;
    IF FOUND THEN
        RAISE EXCEPTION 'activation_accepted: who has items already is given notice'
            USING ERRCODE = 'check_violation';
    END IF;
    PERFORM 1 FROM retention_activation WHERE customer_id = made.customer_id
        AND (kind <> 'accepted' OR given_on <> made.given_on);
    IF FOUND OR made.effective_on > made.given_on AND (
        made.given_on < (version.announced_at AT TIME ZONE 'UTC')::date
        OR made.effective_on IS DISTINCT FROM version.takes_effect_on)
       OR made.given_on < version.takes_effect_on AND made.effective_on = made.given_on THEN
        RAISE EXCEPTION 'activation_accepted: only at sign-up is a version accepted'
            USING ERRCODE = 'check_violation';
    END IF;
END $$;

-- It is voided once, before its day, or applied once, from its day on; nothing else changes.
CREATE FUNCTION retention_activation_update() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.customer_id, NEW.version_id, NEW.kind, NEW.given_on, NEW.notice_days,
        NEW.effective_on) IS NOT DISTINCT FROM (OLD.id, OLD.customer_id, OLD.version_id, OLD.kind,
        OLD.given_on, OLD.notice_days, OLD.effective_on) THEN
        IF OLD.voided_at IS NULL AND NEW.voided_at IS NOT NULL
           AND OLD.applied_at IS NULL AND NEW.applied_at IS NULL
           AND OLD.effective_on > retention_database_day() THEN
            RETURN NEW;
        END IF;
        IF OLD.applied_at IS NULL AND NEW.applied_at IS NOT NULL
           AND OLD.voided_at IS NULL AND NEW.voided_at IS NULL AND NEW.voided_for = ''
           AND OLD.effective_on <= retention_database_day() THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'activation_fixed: this update of an activation is refused'
        USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER retention_activation_insert BEFORE INSERT ON retention_activation
    FOR EACH ROW EXECUTE FUNCTION retention_activation_insert();
CREATE TRIGGER retention_activation_update BEFORE UPDATE ON retention_activation
    FOR EACH ROW EXECUTE FUNCTION retention_activation_update();

-- Stays: an older version of the customer's own binds on, from today; ended once, not in the past.
CREATE FUNCTION retention_stay_guard() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.first_day := retention_database_day();
        PERFORM 1 FROM retention_activation bound WHERE bound.customer_id = NEW.customer_id
            AND bound.version_id = NEW.kept_id AND bound.voided_at IS NULL
            AND bound.effective_on <= NEW.first_day;
        IF NOT FOUND OR NEW.kept_id = NEW.version_id THEN
            RAISE EXCEPTION 'stay_kept: only a version that bound the customer is kept'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.customer_id, NEW.version_id, NEW.kept_id, NEW.first_day)
       IS DISTINCT FROM (OLD.id, OLD.customer_id, OLD.version_id, OLD.kept_id, OLD.first_day)
       OR OLD.last_day IS NOT NULL OR NEW.last_day IS NULL
       OR NEW.last_day < retention_database_day() THEN
        RAISE EXCEPTION 'stay_fixed: a stay is ended once, never in the past'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER retention_stay_guard BEFORE INSERT OR UPDATE ON retention_stay
    FOR EACH ROW EXECUTE FUNCTION retention_stay_guard();
CREATE TRIGGER retention_stay_keep BEFORE DELETE OR TRUNCATE ON retention_stay
    FOR EACH STATEMENT EXECUTE FUNCTION retention_refuse();

-- The demonstration's clock begins in the past only before there is anything to backdate.
CREATE FUNCTION retention_democlock_begin() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.offset_seconds < 0
       AND NOT EXISTS (SELECT 1 FROM retention_democlock WHERE id = NEW.id)
       AND (EXISTS (SELECT 1 FROM retention_activation) OR EXISTS (SELECT 1 FROM retention_cell))
    THEN
        RAISE EXCEPTION 'democlock_begin: it cannot begin in the past any more'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER retention_democlock_begin BEFORE INSERT ON retention_democlock
    FOR EACH ROW EXECUTE FUNCTION retention_democlock_begin();
