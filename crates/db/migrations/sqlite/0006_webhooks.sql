-- Where clients want their events sent. Secrets are wrapped; while one is exchanged, two live.
-- Events up to queued_to have had their deliveries queued.
create table webhook_endpoints (
    endpoint_id blob not null primary key check (length(endpoint_id) = 16),
    client_id blob not null references clients (client_id),
    url text not null,
    events text not null,
    secret blob not null,
    secret_holder text not null,
    secret_before blob,
    secret_before_holder text,
    secret_before_ends_at integer,
    queued_to integer not null,
    created_at integer not null,
    check ((secret_before is null) = (secret_before_holder is null)),
    check ((secret_before is null) = (secret_before_ends_at is null))
) strict, without rowid;

create index webhook_endpoints_by_client on webhook_endpoints (client_id, endpoint_id);

-- Work that is done beside the requests. next_at says when somebody may take a job: while it is
-- leased, that is the end of the lease. Jobs of one queue share a bound on how many run at once;
-- those of one lane of a queue are done in the order of their places. What a job is about is there
-- once in its queue.
create table jobs (
    job_id blob not null primary key check (length(job_id) = 16),
    kind text not null,
    client_id blob not null check (length(client_id) = 16),
    queue blob not null check (length(queue) = 16),
    lane blob check (length(lane) = 16),
    place integer not null,
    subject blob not null check (length(subject) = 16),
    state text not null check (state in ('pending', 'done', 'parked')),
    attempts integer not null,
    next_at integer not null,
    lease_id blob check (length(lease_id) = 16),
    queued_at integer not null,
    ended_at integer,
    outcome text,
    check ((state = 'pending') = (ended_at is null)),
    check (state = 'pending' or lease_id is null)
) strict, without rowid;

create unique index jobs_by_subject on jobs (queue, subject);
create index jobs_due on jobs (queue, next_at) where state = 'pending';
create index jobs_in_lane on jobs (queue, lane, place) where state = 'pending' and lane is not null;
create index jobs_pending on jobs (queued_at) where state = 'pending';
create index jobs_open on jobs (job_id) where state <> 'done';
create index jobs_parked on jobs (queue, queued_at) where state = 'parked';
create index jobs_ended on jobs (ended_at) where state <> 'pending';

-- Many jobs of a queue, nearly all of them done; few endpoints of a client.
insert into sqlite_stat1 (tbl, idx, stat) values
    ('webhook_endpoints', 'webhook_endpoints_by_client', '1000 3 1'),
    ('jobs', 'jobs_by_subject', '1000000 10000 1'),
    ('jobs', 'jobs_due', '10000 100 2'),
    ('jobs', 'jobs_in_lane', '5000 100 2 1'),
    ('jobs', 'jobs_pending', '10000 1'),
    ('jobs', 'jobs_open', '11000 1'),
    ('jobs', 'jobs_parked', '1000 10 1'),
    ('jobs', 'jobs_ended', '990000 1');

analyze sqlite_schema;
