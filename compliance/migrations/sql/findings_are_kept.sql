-- Which finding it is never changes, counts only grow, and a decision stands as it was made until
-- the finding is open again.
CREATE FUNCTION compliance_finding_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.kind, NEW.subprocessor, NEW.account, NEW.endpoint, NEW.customer_id, NEW.key)
       IS DISTINCT FROM
       (OLD.id, OLD.kind, OLD.subprocessor, OLD.account, OLD.endpoint, OLD.customer_id, OLD.key)
    THEN
        RAISE EXCEPTION 'finding_identity: a finding never changes what it is about'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.items < OLD.items OR NEW.first_on > OLD.first_on OR NEW.last_on < OLD.last_on THEN
        RAISE EXCEPTION 'finding_counts: what was seen stays seen' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state <> 'open' AND NEW.state <> 'open'
       AND (NEW.state, NEW.decided_by_id, NEW.decided_at, NEW.note, NEW.covered, NEW.accepted_until,
            NEW.usual)
       IS DISTINCT FROM
           (OLD.state, OLD.decided_by_id, OLD.decided_at, OLD.note, OLD.covered, OLD.accepted_until,
            OLD.usual)
    THEN
        RAISE EXCEPTION 'finding_decision: a decision is not rewritten; open the finding again'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER finding_guard BEFORE UPDATE ON compliance_finding
    FOR EACH ROW EXECUTE FUNCTION compliance_finding_guard();

CREATE FUNCTION compliance_finding_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: % is refused', TG_TABLE_NAME, lower(TG_OP)
        USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER finding_keep BEFORE DELETE OR TRUNCATE ON compliance_finding
    FOR EACH STATEMENT EXECUTE FUNCTION compliance_finding_refuse();
CREATE TRIGGER findingact_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON compliance_findingact
    FOR EACH STATEMENT EXECUTE FUNCTION compliance_finding_refuse();
CREATE TRIGGER findingletter_keep BEFORE DELETE OR TRUNCATE ON compliance_findingletter
    FOR EACH STATEMENT EXECUTE FUNCTION compliance_finding_refuse();

-- A letter stays as it was written, and once it is settled it is settled. Only a claim that nobody
-- came back from may still turn out to have been sent.
CREATE FUNCTION compliance_findingletter_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.customer_id, NEW.addresses, NEW.reply_to, NEW.subject, NEW.text, NEW.made_by_id,
        NEW.made_at, NEW.entry_id)
       IS DISTINCT FROM
       (OLD.id, OLD.customer_id, OLD.addresses, OLD.reply_to, OLD.subject, OLD.text, OLD.made_by_id,
        OLD.made_at, OLD.entry_id)
    THEN
        RAISE EXCEPTION 'findingletter_text: a letter stays as it was written'
            USING ERRCODE = 'check_violation';
    END IF;
    IF (OLD.state, NEW.state) NOT IN (
        ('waiting', 'waiting'), ('waiting', 'sending'), ('sending', 'waiting'), ('sending', 'sent'),
        ('sending', 'refused'), ('sending', 'unsure'), ('unsure', 'sent'), ('unsure', 'refused'))
    THEN
        RAISE EXCEPTION 'findingletter_state: % does not follow %', NEW.state, OLD.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER findingletter_guard BEFORE UPDATE ON compliance_findingletter
    FOR EACH ROW EXECUTE FUNCTION compliance_findingletter_guard();
