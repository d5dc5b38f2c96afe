-- What a key may do and whose it is never changes, and a revoked key stays revoked: a row that was
-- given to another customer would open that customer's data (P15).
CREATE FUNCTION compliance_apikey_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.customer_id, NEW.may_ingest, NEW.may_read, NEW.prefix, NEW.secret_hash, NEW.created_at)
        IS DISTINCT FROM
       (OLD.id, OLD.customer_id, OLD.may_ingest, OLD.may_read, OLD.prefix, OLD.secret_hash, OLD.created_at)
    THEN
        RAISE EXCEPTION 'an API key is fixed once it was issued' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at THEN
        RAISE EXCEPTION 'a revoked API key stays revoked' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER apikey_is_fixed BEFORE UPDATE ON compliance_apikey
    FOR EACH ROW EXECUTE FUNCTION compliance_apikey_is_fixed();
