-- Whatever replaces a password, changes what a login may do, or switches it off (a form, a command, a
-- statement by hand) ends its sessions in the same transaction. Whoever changed their own password
-- gets a new session at once; a stolen cookie gets none.
CREATE FUNCTION compliance_user_ends_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM compliance_session WHERE user_id = NEW.id;
    RETURN NULL;
END
$$;

CREATE TRIGGER compliance_user_ends_sessions
    AFTER UPDATE OF password, is_active, is_staff, is_superuser ON compliance_user
    FOR EACH ROW
    WHEN (
        NEW.password IS DISTINCT FROM OLD.password
        OR NEW.is_active IS DISTINCT FROM OLD.is_active
        OR NEW.is_staff IS DISTINCT FROM OLD.is_staff
        OR NEW.is_superuser IS DISTINCT FROM OLD.is_superuser
    )
    EXECUTE FUNCTION compliance_user_ends_sessions();

-- Counters of the rate limits while Valkey is away; rows of minutes, and worth nothing afterwards.
CREATE TABLE compliance_counter (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamp with time zone NOT NULL
);
CREATE INDEX compliance_counter_expires ON compliance_counter (expires);
