-- The list of field changes only grows: whoever may edit a customer must not be able to edit what
-- says that they did. So a user that it names is switched off and not deleted.
CREATE FUNCTION compliance_changes_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the list of field changes is append-only' USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER changes_are_kept BEFORE UPDATE OR DELETE ON auditlog_logentry
    FOR EACH ROW EXECUTE FUNCTION compliance_changes_are_kept();

CREATE TRIGGER changes_are_kept_whole BEFORE TRUNCATE ON auditlog_logentry
    FOR EACH STATEMENT EXECUTE FUNCTION compliance_changes_are_kept();
