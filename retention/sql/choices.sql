-- What the database itself refuses about profiles, stays, corrections and earlier policies.

-- Profiles: at sign-up any day; after it today to keep less, tomorrow to go back.
DROP TRIGGER retention_profilechoice_keep ON retention_profilechoice;
-- Those from before this trigger were made at sign-up: there was nothing to move.
UPDATE retention_profilechoice SET applied_at = chosen_at;
CREATE TRIGGER retention_profilechoice_keep
    BEFORE DELETE OR TRUNCATE ON retention_profilechoice
    FOR EACH STATEMENT EXECUTE FUNCTION retention_refuse();

CREATE FUNCTION retention_profilechoice_guard() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM 1 FROM retention_profilechoice WHERE customer_id = NEW.customer_id;
        IF FOUND THEN
            NEW.applied_at := NULL;
            NEW.first_day := retention_database_day() + CASE NEW.profile
                WHEN 'standard' THEN 1 ELSE 0 END;
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.customer_id, NEW.profile, NEW.first_day, NEW.chosen_at)
       IS DISTINCT FROM (OLD.id, OLD.customer_id, OLD.profile, OLD.first_day, OLD.chosen_at)
       OR OLD.applied_at IS NOT NULL OR NEW.applied_at IS NULL
       OR NEW.first_day > retention_database_day() THEN
        RAISE EXCEPTION 'profilechoice_fixed: this update of a choice is refused'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER retention_profilechoice_guard BEFORE INSERT OR UPDATE ON retention_profilechoice
    FOR EACH ROW EXECUTE FUNCTION retention_profilechoice_guard();

-- Stays: an older version of the customer's own binds on, from today; ended once, not in the past;
-- applied once.
CREATE OR REPLACE FUNCTION retention_stay_guard() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.first_day := retention_database_day();
        PERFORM 1 FROM retention_activation bound WHERE bound.customer_id = NEW.customer_id
            AND bound.version_id = NEW.kept_id AND bound.voided_at IS NULL
            AND bound.effective_on <= NEW.first_day;
        IF NOT FOUND OR NEW.kept_id = NEW.version_id OR NEW.applied_at IS NOT NULL THEN
            RAISE EXCEPTION 'stay_kept: only a version that bound the customer is kept'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.customer_id, NEW.version_id, NEW.kept_id, NEW.first_day)
       IS NOT DISTINCT FROM (OLD.id, OLD.customer_id, OLD.version_id, OLD.kept_id, OLD.first_day)
    THEN
        IF NEW.applied_at IS NOT DISTINCT FROM OLD.applied_at AND OLD.last_day IS NULL
           AND NEW.last_day >= retention_database_day() THEN
            RETURN NEW;
        END IF;
        IF NEW.last_day IS NOT DISTINCT FROM OLD.last_day AND OLD.applied_at IS NULL
           AND NEW.applied_at IS NOT NULL THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'stay_fixed: a stay is ended once, never in the past'
        USING ERRCODE = 'check_violation';
END $$;

-- Corrections: proposed by one person, approved by another, once; nothing else ever changes.
CREATE FUNCTION retention_revision_guard() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.approved_by IS NOT NULL OR NEW.approved_at IS NOT NULL THEN
            RAISE EXCEPTION 'revision_new: a correction begins as a proposal'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.version_id, NEW.text, NEW.reason, NEW.proposed_by, NEW.proposed_at)
       IS DISTINCT FROM
       (OLD.id, OLD.version_id, OLD.text, OLD.reason, OLD.proposed_by, OLD.proposed_at)
       OR OLD.approved_by IS NOT NULL OR NEW.approved_by IS NULL THEN
        RAISE EXCEPTION 'revision_fixed: a correction is approved once and never changed'
            USING ERRCODE = 'check_violation';
    END IF;
    NEW.approved_at := retention_database_time();
    RETURN NEW;
END $$;

CREATE TRIGGER retention_revision_guard BEFORE INSERT OR UPDATE ON retention_revision
    FOR EACH ROW EXECUTE FUNCTION retention_revision_guard();
CREATE TRIGGER retention_revision_keep BEFORE DELETE OR TRUNCATE ON retention_revision
    FOR EACH STATEMENT EXECUTE FUNCTION retention_refuse();
CREATE TRIGGER retention_recordedversion_keep
    BEFORE UPDATE OR DELETE OR TRUNCATE ON retention_recordedversion
    FOR EACH STATEMENT EXECUTE FUNCTION retention_refuse();
