-- A change binds a customer only after the days of notice that its contract says, whoever writes
-- the row. The engine knows the customer by a bare id; the days stand here. The customer's row is
-- locked, so that days which are being raised just now count. (P4)
CREATE FUNCTION compliance_notice_is_long_enough() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    days integer;
BEGIN
    IF NEW.kind <> 'noticed' THEN
        RETURN NEW;
    END IF;
    SELECT notice_days INTO days FROM compliance_customer WHERE id = NEW.customer_id FOR SHARE;
    IF NEW.notice_days < days THEN
        RAISE EXCEPTION 'activation_notice_days: this customer has % full days of notice', days
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER notice_is_long_enough BEFORE INSERT ON retention_activation
    FOR EACH ROW EXECUTE FUNCTION compliance_notice_is_long_enough();
