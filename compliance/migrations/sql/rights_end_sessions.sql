-- A role is a group, and a right may be given to a login alone. Whoever gets or loses one signs in anew:
-- how long a session lives was decided by what its person was when signing in.
CREATE FUNCTION compliance_rights_end_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM compliance_session WHERE user_id IN (OLD.user_id, NEW.user_id);
    RETURN NULL;
END
$$;

CREATE TRIGGER compliance_group_ends_sessions
    AFTER INSERT OR UPDATE OR DELETE ON compliance_user_groups
    FOR EACH ROW EXECUTE FUNCTION compliance_rights_end_sessions();

CREATE TRIGGER compliance_right_ends_sessions
    AFTER INSERT OR UPDATE OR DELETE ON compliance_user_user_permissions
    FOR EACH ROW EXECUTE FUNCTION compliance_rights_end_sessions();
