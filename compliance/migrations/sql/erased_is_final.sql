-- A customer's life runs forward: one that is leaving can at most be erased, an erased one is never
-- used again.
CREATE FUNCTION compliance_customer_runs_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.state = 'erased' AND NEW.state <> 'erased')
        OR (OLD.state = 'leaving' AND NEW.state NOT IN ('leaving', 'erased'))
        OR (NEW.state = 'erased' AND OLD.state NOT IN ('leaving', 'erased'))
    THEN
        RAISE EXCEPTION 'a customer goes from active or suspended to leaving to erased, never back'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER customer_runs_forward BEFORE UPDATE OF state ON compliance_customer
    FOR EACH ROW EXECUTE FUNCTION compliance_customer_runs_forward();
