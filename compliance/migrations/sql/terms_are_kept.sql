-- Who accepted which terms, and when, is evidence: it is added and never changed. A mistake is
-- recorded anew.
CREATE FUNCTION compliance_acceptance_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an acceptance of terms is never changed and never removed'
        USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER acceptance_is_kept BEFORE UPDATE OR DELETE ON compliance_acceptance
    FOR EACH ROW EXECUTE FUNCTION compliance_acceptance_is_kept();

CREATE TRIGGER acceptance_is_kept_whole BEFORE TRUNCATE ON compliance_acceptance
    FOR EACH STATEMENT EXECUTE FUNCTION compliance_acceptance_is_kept();

CREATE FUNCTION compliance_acceptance_is_its_own() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.contact_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM compliance_contact
        WHERE id = NEW.contact_id AND customer_id = NEW.customer_id
    ) THEN
        RAISE EXCEPTION 'nobody accepts terms for another customer'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER acceptance_is_its_own BEFORE INSERT ON compliance_acceptance
    FOR EACH ROW EXECUTE FUNCTION compliance_acceptance_is_its_own();
