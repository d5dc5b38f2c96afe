-- A request is decided once, and what was asked never changes: who asked whom for what must be
-- explainable years later. That the same person does not do both is a constraint of the table.
CREATE FUNCTION compliance_approval_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.decision <> '' THEN
            RAISE EXCEPTION 'a request is asked before it is decided' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.decision <> '' THEN
        RAISE EXCEPTION 'a request is decided once' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.id, NEW.kind, NEW.subject, NEW.fingerprint, NEW.author_id, NEW.asked_by_id, NEW.asked_at)
        IS DISTINCT FROM
        (OLD.id, OLD.kind, OLD.subject, OLD.fingerprint, OLD.author_id, OLD.asked_by_id, OLD.asked_at)
    THEN
        RAISE EXCEPTION 'what was asked stays as it was asked' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER approval_is_final BEFORE INSERT OR UPDATE ON compliance_approvalrequest
    FOR EACH ROW EXECUTE FUNCTION compliance_approval_is_final();

-- A deputy is named once, for fixed days, and may only be ended.
CREATE FUNCTION compliance_deputy_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'an ended deputy stays ended' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.id, NEW.person_id, NEW.deputy_id, NEW.first_day, NEW.last_day, NEW.made_by_id, NEW.made_at)
        IS DISTINCT FROM
        (OLD.id, OLD.person_id, OLD.deputy_id, OLD.first_day, OLD.last_day, OLD.made_by_id, OLD.made_at)
    THEN
        RAISE EXCEPTION 'a deputy keeps its person and days' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER deputy_is_fixed BEFORE UPDATE ON compliance_deputy
    FOR EACH ROW EXECUTE FUNCTION compliance_deputy_is_fixed();

CREATE FUNCTION compliance_approvals_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'approvals and deputies are kept' USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER approvals_stay BEFORE DELETE OR TRUNCATE ON compliance_approvalrequest
    FOR EACH STATEMENT EXECUTE FUNCTION compliance_approvals_stay();
CREATE TRIGGER deputies_stay BEFORE DELETE OR TRUNCATE ON compliance_deputy
    FOR EACH STATEMENT EXECUTE FUNCTION compliance_approvals_stay();
