-- Whom a notice went to must be explainable years later: a contact keeps its customer, address and
-- role, and an ended one stays ended. Another address is another contact.
CREATE FUNCTION compliance_contact_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.customer_id, NEW.email, NEW.role, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.customer_id, OLD.email, OLD.role, OLD.created_at)
    THEN
        RAISE EXCEPTION 'a contact keeps its customer, address and role'
            USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at THEN
        RAISE EXCEPTION 'an ended contact stays ended' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER contact_is_fixed BEFORE UPDATE ON compliance_contact
    FOR EACH ROW EXECUTE FUNCTION compliance_contact_is_fixed();

-- The days in which a leaving customer may export are counted from one moment that never moves.
CREATE FUNCTION compliance_leaving_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.leaving_at IS NOT NULL AND NEW.leaving_at IS DISTINCT FROM OLD.leaving_at THEN
        RAISE EXCEPTION 'the day on which a customer said it leaves stays'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER leaving_is_fixed BEFORE UPDATE OF leaving_at ON compliance_customer
    FOR EACH ROW EXECUTE FUNCTION compliance_leaving_is_fixed();
