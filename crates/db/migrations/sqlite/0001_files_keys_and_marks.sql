-- Times are microseconds since 1970-01-01T00:00:00Z. Ids are the 16 bytes of a UUID.

create table clients (
    client_id blob not null primary key check (length(client_id) = 16),
    name text not null,
    name_folded text not null unique,
    created_at integer not null
) strict, without rowid;

create table api_keys (
    key_id blob not null primary key check (length(key_id) = 16),
    client_id blob not null references clients (client_id),
    secret_hash blob not null unique check (length(secret_hash) = 32),
    hint text not null,
    scopes text not null,
    created_at integer not null,
    revoked_at integer
) strict, without rowid;

create table root_versions (
    version integer not null primary key,
    check_value blob not null,
    state text not null check (state in ('active', 'retired')),
    created_at integer not null
) strict;

create unique index root_versions_active on root_versions (state) where state = 'active';

-- One secret, wrapped under the root key; every keyed hash is derived from it.
create table service_secret (
    id integer not null primary key check (id = 1),
    wrapped blob not null,
    root_version integer not null references root_versions (version)
) strict;

create table client_keys (
    client_id blob not null references clients (client_id),
    key_version integer not null,
    root_version integer not null references root_versions (version),
    wrapped_key blob not null,
    created_at integer not null,
    primary key (client_id, key_version)
) strict, without rowid;

create table files (
    file_id blob not null primary key check (length(file_id) = 16),
    client_id blob not null references clients (client_id),
    purpose text not null,
    name text not null,
    media_type text not null,
    size integer not null check (size >= 0),
    sha256 blob not null check (length(sha256) = 32),
    status text not null check (status in ('ready', 'processing', 'rejected')),
    checked text not null,
    warnings text not null,
    facts text,
    created_at integer not null,
    blob_id blob not null unique check (length(blob_id) = 16),
    location text not null,
    wrapped_key blob not null,
    key_holder text not null,
    user_id blob check (length(user_id) = 16)
) strict, without rowid;

-- An index for each filter that leaves few rows of many; the order within each is the order of the
-- list. Nearly every file is ready, so that a list of those needs no index of its own. Each index
-- is paid for by every upload.
create index files_by_client on files (client_id, file_id);
create index files_by_purpose on files (client_id, purpose, file_id);
create index files_not_ready on files (client_id, status, file_id) where status <> 'ready';
create index files_by_user on files (client_id, user_id, file_id) where user_id is not null;

-- The bytes of a deleted file: first to be erased, then known to be. Rows stay as a record.
create table erasures (
    blob_id blob not null primary key check (length(blob_id) = 16),
    location text not null,
    file_id blob not null,
    client_id blob not null,
    requested_at integer not null,
    erased_at integer
) strict, without rowid;

create index erasures_unfinished on erasures (blob_id) where erased_at is null;

-- The storage holds one of these marks, or the database is older than the bytes.
create table tide_marks (
    number integer not null primary key,
    mark blob not null unique check (length(mark) = 16),
    created_at integer not null
) strict;

-- While an upload runs, expires_at is the end of its lease; once done, the end of its answer.
create table idempotency (
    client_id blob not null references clients (client_id),
    key_hash blob not null check (length(key_hash) = 32),
    state text not null check (state in ('running', 'done')),
    lease_id blob not null check (length(lease_id) = 16),
    expires_at integer not null,
    fingerprint blob check (length(fingerprint) = 32),
    file_id blob references files (file_id),
    primary key (client_id, key_hash),
    check ((state = 'done') = (file_id is not null and fingerprint is not null))
) strict, without rowid;

create index idempotency_by_expiry on idempotency (expires_at);
create index idempotency_by_file on idempotency (file_id) where file_id is not null;

-- One row that is written to learn whether anything can be written.
create table write_probe (
    id integer not null primary key check (id = 1),
    written integer not null
) strict;

insert into write_probe (id, written) values (1, 0);

-- Statistics are set once and never gathered, so that every plan is the same on every machine and
-- at every size. Without them the planner takes the shortest index for any filter. The numbers
-- say: many files of a client, fewer of a purpose, fewer of a status, few of a user.
analyze;

insert into sqlite_stat1 (tbl, idx, stat) values
    ('files', 'files_by_client', '1000000 100000 1'),
    ('files', 'files_by_purpose', '1000000 100000 10000 1'),
    ('files', 'files_not_ready', '10000 1000 500 1'),
    ('files', 'files_by_user', '500000 50000 4 1');

analyze sqlite_schema;
