-- The lists of an evidence pack, one statement each: `-- name: what it is`. Each takes %(first)s and
-- %(after)s, two midnights, and has one order, so that a sample can be drawn again.

-- customers_start: customers that were taken in from at the beginning
SELECT id, name, created_at, notice_days, account_owner_id, text_carries_no_code
FROM compliance_customer
WHERE created_at < %(first)s AND (leaving_at IS NULL OR leaving_at >= %(first)s)
ORDER BY id;

-- customers_added: customers taken on in the period
SELECT id, name, created_at, notice_days, account_owner_id, text_carries_no_code
FROM compliance_customer
WHERE created_at >= %(first)s AND created_at < %(after)s
ORDER BY id;

-- customers_ended: customers that began to leave in the period
SELECT id, name, created_at, leaving_at, state
FROM compliance_customer
WHERE leaving_at >= %(first)s AND leaving_at < %(after)s
ORDER BY id;

-- customers_end: customers that are taken in from at the end
SELECT id, name, created_at, notice_days, account_owner_id, text_carries_no_code
FROM compliance_customer
WHERE created_at < %(after)s AND (leaving_at IS NULL OR leaving_at >= %(after)s)
ORDER BY id;

-- contacts: contacts that were current at any moment of the period
SELECT id, customer_id, role, name, email, created_at, ended_at
FROM compliance_contact
WHERE created_at < %(after)s AND (ended_at IS NULL OR ended_at >= %(first)s)
ORDER BY id;

-- terms_accepted: acceptances of our terms recorded in the period
SELECT id, customer_id, version, accepted_on, accepted_by, source, recorded_by_id, recorded_at
FROM compliance_acceptance
WHERE recorded_at >= %(first)s AND recorded_at < %(after)s
ORDER BY id;

-- policy_versions: policy versions as they stand, whenever they were made
SELECT number, state, author_id, approved_by, approved_at, content_hash, announced_at,
    takes_effect_on, withdrawn_at
FROM retention_policyversion
ORDER BY number;

-- earlier_policies: policies from before this service, entered as history
SELECT id, label, valid_from, valid_until, recorded_by, recorded_at
FROM retention_recordedversion
ORDER BY id;

-- policy_acts: acts about policy versions, profiles and stays
SELECT entry.id, entry.created_at, entry.kind, subject.customer_id,
    entry.facts ->> 'actor' AS actor, entry.facts ->> 'actor_id' AS actor_id, entry.facts,
    entry.signed_at
FROM retention_entry entry
LEFT JOIN retention_subject subject ON subject.pseudonym = entry.subject
WHERE entry.kind LIKE 'policy:%%'
    AND entry.created_at >= %(first)s AND entry.created_at < %(after)s
ORDER BY entry.id;

-- activations_start: changes that were given to customers before, and stood at the beginning
SELECT activation.id, activation.customer_id, version.number AS version, activation.given_on,
    activation.notice_days, activation.effective_on, activation.applied_at
FROM retention_activation activation
JOIN retention_policyversion version ON version.id = activation.version_id
WHERE activation.kind = 'noticed' AND activation.given_on < %(first)s::date
    AND (activation.voided_at IS NULL OR activation.voided_at >= %(first)s)
ORDER BY activation.id;

-- activations_given: changes given to customers in the period
SELECT activation.id, activation.customer_id, version.number AS version, activation.given_on,
    activation.notice_days, activation.effective_on, activation.voided_at, activation.voided_for,
    activation.applied_at
FROM retention_activation activation
JOIN retention_policyversion version ON version.id = activation.version_id
WHERE activation.kind = 'noticed'
    AND activation.given_on >= %(first)s::date AND activation.given_on < %(after)s::date
ORDER BY activation.id;

-- activations_voided: given changes that were taken back in the period
SELECT activation.id, activation.customer_id, version.number AS version, activation.given_on,
    activation.voided_at, activation.voided_for
FROM retention_activation activation
JOIN retention_policyversion version ON version.id = activation.version_id
WHERE activation.kind = 'noticed'
    AND activation.voided_at >= %(first)s AND activation.voided_at < %(after)s
ORDER BY activation.id;

-- activations_end: changes that were given and stood at the end
SELECT activation.id, activation.customer_id, version.number AS version, activation.given_on,
    activation.notice_days, activation.effective_on, activation.applied_at
FROM retention_activation activation
JOIN retention_policyversion version ON version.id = activation.version_id
WHERE activation.kind = 'noticed' AND activation.given_on < %(after)s::date
    AND (activation.voided_at IS NULL OR activation.voided_at >= %(after)s)
ORDER BY activation.id;

-- activations_accepted: versions that customers accepted at sign-up in the period
SELECT activation.id, activation.customer_id, version.number AS version, activation.given_on,
    activation.effective_on
FROM retention_activation activation
JOIN retention_policyversion version ON version.id = activation.version_id
WHERE activation.kind = 'accepted'
    AND activation.given_on >= %(first)s::date AND activation.given_on < %(after)s::date
ORDER BY activation.id;

-- notices: notices published in the period
SELECT notice.id, notice.customer_id, version.number AS version, announcement.kind,
    notice.published_at, notice.activation_id, notice.acknowledged_at, notice.acknowledged_by,
    notice.closed_at
FROM compliance_notice notice
JOIN compliance_announcement announcement ON announcement.id = notice.announcement_id
JOIN retention_policyversion version ON version.id = announcement.version_id
WHERE notice.published_at >= %(first)s AND notice.published_at < %(after)s
ORDER BY notice.id;

-- deliveries: sending attempts of the notices published in the period
SELECT delivery.id, delivery.notice_id, delivery.purpose, delivery.channel, delivery.contact_id,
    delivery.address, delivery.state, delivery.attempts, delivery.sent_at, delivery.settled_at,
    delivery.message_id, delivery.trouble, delivery.made_by_id
FROM compliance_delivery delivery
JOIN compliance_notice notice ON notice.id = delivery.notice_id
WHERE notice.published_at >= %(first)s AND notice.published_at < %(after)s
ORDER BY delivery.id;

-- objections: objections made in the period, without their words
SELECT objection.id, objection.notice_id, objection.made_by, objection.made_at, objection.outcome,
    objection.until, objection.decided_by_id, objection.decided_at
FROM compliance_objection objection
WHERE objection.made_at >= %(first)s AND objection.made_at < %(after)s
ORDER BY objection.id;

-- deletion_records: deletion records of the period
SELECT deletion.id, deletion.customer_id, deletion.clock_day, deletion.kind, deletion.run_id,
    (SELECT sum(value::bigint) FROM jsonb_each_text(deletion.counts)) AS items,
    deletion.counts, deletion.keys_destroyed_at, deletion.rows_removed_at, deletion.entry_id,
    entry.signed_at
FROM retention_deletionrecord deletion
JOIN retention_entry entry ON entry.id = deletion.entry_id
WHERE deletion.rows_removed_at >= %(first)s AND deletion.rows_removed_at < %(after)s
ORDER BY deletion.id;

-- day_groups_deleted: the day groups that these deletion records are about
SELECT cell.id, cell.customer_id, cell.clock_day, cell.data_class, cell.retain_days,
    cell.expires_on, cell.state, cell.acknowledged, cell.delivered, cell.erased, cell.held,
    cell.purged, cell.shredded_at, cell.purged_at, cell.deletion_id
FROM retention_cell cell
JOIN retention_deletionrecord deletion ON deletion.id = cell.deletion_id
WHERE deletion.rows_removed_at >= %(first)s AND deletion.rows_removed_at < %(after)s
ORDER BY cell.id;

-- logins: logins that there are now, with their roles
SELECT login.id, login.email, login.is_active, login.is_staff, login.is_superuser,
    login.date_joined, array_to_string(array(
        SELECT role.name FROM auth_group role
        JOIN compliance_user_groups given ON given.group_id = role.id
        WHERE given.user_id = login.id ORDER BY role.name
    ), ' ') AS roles
FROM compliance_user login
WHERE login.date_joined < %(after)s
ORDER BY login.id;

-- role_changes: field changes of logins and of customers' users in the period
SELECT change.id, change.timestamp, change.actor_id, change.object_pk, change.object_repr,
    model.model, change.action, change.changes
FROM auditlog_logentry change
JOIN django_content_type model ON model.id = change.content_type_id
WHERE model.app_label = 'compliance' AND model.model IN ('user', 'member')
    AND change.timestamp >= %(first)s AND change.timestamp < %(after)s
ORDER BY change.id;

-- field_changes: every other field change in the period
SELECT change.id, change.timestamp, change.actor_id, model.model, change.object_pk,
    change.object_repr, change.action, change.changes
FROM auditlog_logentry change
JOIN django_content_type model ON model.id = change.content_type_id
WHERE NOT (model.app_label = 'compliance' AND model.model IN ('user', 'member'))
    AND change.timestamp >= %(first)s AND change.timestamp < %(after)s
ORDER BY change.id;

-- acts: every act in the period
SELECT entry.id, entry.created_at, entry.kind, subject.customer_id,
    entry.facts ->> 'actor' AS actor, entry.facts ->> 'actor_id' AS actor_id, entry.facts,
    entry.signed_at
FROM retention_entry entry
LEFT JOIN retention_subject subject ON subject.pseudonym = entry.subject
WHERE entry.created_at >= %(first)s AND entry.created_at < %(after)s
ORDER BY entry.id;

-- deletion_runs: deletion runs that found something to do
SELECT id, started_at, finished_at, sealed, shredded, purged, records, days_dropped, blocked
FROM retention_sweeprun
WHERE started_at >= %(first)s AND started_at < %(after)s
ORDER BY id;
