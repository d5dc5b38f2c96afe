-- Lists of tables that a set-up may not have yet; each is left out without its table.

-- approvals compliance_approvalrequest: requests for a second person's approval, without their words
SELECT id, kind, subject, author_id, asked_by_id, asked_at, decision, decided_by_id,
    in_place_of_id, decided_at
FROM compliance_approvalrequest
WHERE asked_at < %(after)s AND (decided_at IS NULL OR decided_at >= %(first)s)
ORDER BY id;
