-- What was told to whom and when is evidence: rows are never removed, what was written stays as it
-- was written, and a moment that is set stays set.
CREATE FUNCTION compliance_told_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was told to customers is never removed' USING ERRCODE = 'check_violation';
END $$;

CREATE FUNCTION compliance_never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was heard stays as it was heard' USING ERRCODE = 'check_violation';
END $$;

-- An announcement is released once and written once; nothing else of it ever changes.
CREATE FUNCTION compliance_announcement_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - ARRAY['released_at', 'written_at']
            IS DISTINCT FROM to_jsonb(OLD) - ARRAY['released_at', 'written_at']
        OR (OLD.released_at IS NOT NULL AND NEW.released_at IS DISTINCT FROM OLD.released_at)
        OR (OLD.written_at IS NOT NULL AND NEW.written_at IS DISTINCT FROM OLD.written_at)
    THEN
        RAISE EXCEPTION 'an announcement stays as it was made' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.released_at IS NULL AND NEW.released_at IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM retention_entry WHERE id = NEW.entry_id AND signed_at IS NOT NULL)
    THEN
        RAISE EXCEPTION 'nothing is sent before the act is signed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- A notice keeps its words; acknowledged and closed are said once.
CREATE FUNCTION compliance_notice_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - ARRAY['activation_id', 'acknowledged_at', 'acknowledged_by', 'closed_at']
            IS DISTINCT FROM
            to_jsonb(OLD) - ARRAY['activation_id', 'acknowledged_at', 'acknowledged_by', 'closed_at']
        OR (OLD.acknowledged_at IS NOT NULL AND (NEW.acknowledged_at, NEW.acknowledged_by)
            IS DISTINCT FROM (OLD.acknowledged_at, OLD.acknowledged_by))
        OR (OLD.closed_at IS NOT NULL AND NEW.closed_at IS DISTINCT FROM OLD.closed_at)
    THEN
        RAISE EXCEPTION 'a notice stays as it was written' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- A delivery keeps whom it is for; once it went out, also its words and its time.
CREATE FUNCTION compliance_delivery_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.notice_id, NEW.purpose, NEW.channel, NEW.contact_id, NEW.address, NEW.evidence,
            NEW.made_by_id)
        IS DISTINCT FROM (OLD.id, OLD.notice_id, OLD.purpose, OLD.channel, OLD.contact_id,
            OLD.address, OLD.evidence, OLD.made_by_id)
    THEN
        RAISE EXCEPTION 'a delivery keeps whom it is for' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.sent_at IS NOT NULL AND
        (NEW.sent_at, NEW.message_id, NEW.headers, NEW.subject, NEW.text, NEW.html)
        IS DISTINCT FROM
        (OLD.sent_at, OLD.message_id, OLD.headers, OLD.subject, OLD.text, OLD.html)
    THEN
        RAISE EXCEPTION 'what went out stays as it went out' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state IN ('sent', 'delivered', 'bounced') AND NEW.state IN ('waiting', 'sending') THEN
        RAISE EXCEPTION 'what went out is not sent again' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- What a customer objected to, and how it was decided, is said once.
CREATE FUNCTION compliance_objection_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.decided_at IS NOT NULL AND to_jsonb(NEW) IS DISTINCT FROM to_jsonb(OLD)
        OR (NEW.id, NEW.notice_id, NEW.made_by, NEW.made_at, NEW.text, NEW.stay_id)
            IS DISTINCT FROM
            (OLD.id, OLD.notice_id, OLD.made_by, OLD.made_at, OLD.text, OLD.stay_id)
    THEN
        RAISE EXCEPTION 'an objection stays as it was made and decided'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION compliance_endpoint_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.customer_id, NEW.url, NEW.created_at)
            IS DISTINCT FROM (OLD.id, OLD.customer_id, OLD.url, OLD.created_at)
        OR (OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at)
    THEN
        RAISE EXCEPTION 'a webhook keeps its address, and an ended one stays ended'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER announcement_is_fixed BEFORE UPDATE ON compliance_announcement
    FOR EACH ROW EXECUTE FUNCTION compliance_announcement_is_fixed();
CREATE TRIGGER notice_is_fixed BEFORE UPDATE ON compliance_notice
    FOR EACH ROW EXECUTE FUNCTION compliance_notice_is_fixed();
CREATE TRIGGER delivery_is_fixed BEFORE UPDATE ON compliance_delivery
    FOR EACH ROW EXECUTE FUNCTION compliance_delivery_is_fixed();
CREATE TRIGGER objection_is_fixed BEFORE UPDATE ON compliance_objection
    FOR EACH ROW EXECUTE FUNCTION compliance_objection_is_fixed();
CREATE TRIGGER endpoint_is_fixed BEFORE UPDATE ON compliance_endpoint
    FOR EACH ROW EXECUTE FUNCTION compliance_endpoint_is_fixed();
CREATE TRIGGER mailevent_is_fixed BEFORE UPDATE ON compliance_mailevent
    FOR EACH ROW EXECUTE FUNCTION compliance_never_changed();

DO $$
DECLARE kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['announcement', 'notice', 'delivery', 'mailevent', 'objection',
        'endpoint']
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW'
            ' EXECUTE FUNCTION compliance_told_is_kept()',
            kept || '_is_kept', 'compliance_' || kept);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT'
            ' EXECUTE FUNCTION compliance_told_is_kept()',
            kept || '_is_kept_whole', 'compliance_' || kept);
    END LOOP;
END $$;
