-- A notice that a newer announcement closed is open again when that version was withdrawn: while no
-- newer version stands, and while the notice was not given. Everything else stays as it was.
CREATE OR REPLACE FUNCTION compliance_notice_is_fixed() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF to_jsonb(NEW) - ARRAY['activation_id', 'acknowledged_at', 'acknowledged_by', 'closed_at']
            IS DISTINCT FROM
            to_jsonb(OLD) - ARRAY['activation_id', 'acknowledged_at', 'acknowledged_by', 'closed_at']
        OR (OLD.acknowledged_at IS NOT NULL AND (NEW.acknowledged_at, NEW.acknowledged_by)
            IS DISTINCT FROM (OLD.acknowledged_at, OLD.acknowledged_by))
        OR (OLD.closed_at IS NOT NULL AND NEW.closed_at IS NOT NULL
            AND NEW.closed_at IS DISTINCT FROM OLD.closed_at)
    THEN
        RAISE EXCEPTION 'a notice stays as it was written' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.closed_at IS NOT NULL AND NEW.closed_at IS NULL THEN
        PERFORM 1 FROM compliance_announcement made
            JOIN retention_policyversion told ON told.id = made.version_id
        WHERE made.id = NEW.announcement_id AND made.kind = 'change'
            AND told.state = 'announced' AND NEW.activation_id IS NULL
            AND NOT EXISTS (SELECT 1 FROM retention_policyversion newer
                WHERE newer.state = 'announced' AND newer.announced_at > told.announced_at);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a notice stays closed' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
