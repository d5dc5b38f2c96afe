-- Acts and field changes that fit, the newest first, from behind a place on: what a page shows.
-- Both halves read their index backwards and stop; NULL means that a filter is not set.
SELECT trail.at, trail.source, trail.id, trail.kind, trail.what, trail.facts, trail.signed_at,
    customer.id AS customer_id, customer.name AS customer_name,
    trail.actor, trail.actor_id, COALESCE(login.email, contact.email) AS email, trail.about
FROM (
    (
        SELECT entry.created_at AS at, 0 AS source, entry.id, entry.kind, 0 AS what, entry.facts,
            entry.signed_at, entry.subject,
            COALESCE(entry.facts ->> 'actor', 'system') AS actor,
            (entry.facts ->> 'actor_id')::uuid AS actor_id, '' AS about
        FROM retention_entry entry
        WHERE %(acts)s
            AND (entry.created_at, entry.id) < (%(at)s, %(act)s)
            AND entry.created_at >= %(first)s
            AND (%(subject)s::uuid IS NULL OR entry.subject = %(subject)s::uuid)
            AND (%(kind)s::text IS NULL OR entry.kind = %(kind)s::text)
            AND (%(actor)s::text IS NULL OR entry.facts ->> 'actor_id' = %(actor)s::text)
            AND (
                %(version)s::text IS NULL
                OR (entry.kind LIKE 'policy:%%' AND entry.facts ->> 'version' = %(version)s::text)
            )
        ORDER BY entry.created_at DESC, entry.id DESC
        LIMIT %(limit)s
    )
    UNION ALL
    (
        SELECT change.timestamp, 1, change.id, 'change:' || model.model, change.action,
            change.changes, NULL, NULL,
            CASE WHEN change.actor_id IS NULL THEN 'system' ELSE 'user' END,
            change.actor_id, change.object_repr
        FROM auditlog_logentry change
        JOIN django_content_type model ON model.id = change.content_type_id
        WHERE %(changes)s
            AND (change.timestamp, change.id) < (%(at)s, %(change)s)
            AND change.timestamp >= %(first)s
            AND (%(objects)s::text[] IS NULL OR change.object_pk = ANY (%(objects)s::text[]))
            AND (%(model)s::text IS NULL OR model.model = %(model)s::text)
            AND (%(actor)s::text IS NULL OR change.actor_id = %(actor)s::uuid)
        ORDER BY change.timestamp DESC, change.id DESC
        LIMIT %(limit)s
    )
    ORDER BY at DESC, source DESC, id DESC
    LIMIT %(limit)s
) trail
LEFT JOIN retention_subject subject ON subject.pseudonym = trail.subject
LEFT JOIN compliance_customer customer ON customer.id = subject.customer_id
LEFT JOIN compliance_user login ON login.id = trail.actor_id
LEFT JOIN compliance_contact contact ON contact.id = trail.actor_id
ORDER BY trail.at DESC, trail.source DESC, trail.id DESC
