-- A user's row holds what is said of the person as JSON text; beside it stand only the columns that
-- lists filter by. Its rows are large, so that they lie in a table of their own and not in the key.
-- revision counts the writes: each names the one it has read.
create table users (
    client_id blob not null references clients (client_id),
    user_id blob not null check (length(user_id) = 16),
    registered_at integer not null,
    revision integer not null,
    active integer not null check (active in (0, 1)),
    verification_status text not null
        check (verification_status in ('missing', 'pending', 'approved', 'rejected')),
    verified integer not null check (verified = (verification_status = 'approved')),
    profile text not null,
    verification text,
    request text,
    wrapped_key blob,
    key_holder text,
    primary key (client_id, user_id),
    check ((wrapped_key is null) = (key_holder is null))
) strict;

-- Nearly every user is active, so that a list of those needs no index of its own.
create index users_by_verified on users (client_id, verified, user_id);
create index users_inactive on users (client_id, user_id) where active = 0;

create table user_external_ids (
    client_id blob not null,
    external_id_folded text not null,
    user_id blob not null check (length(user_id) = 16),
    primary key (client_id, external_id_folded)
) strict, without rowid;

-- What happened to the verification of a user; revision is that of the user after it.
create table verification_changes (
    user_id blob not null check (length(user_id) = 16),
    revision integer not null,
    changed_at integer not null,
    actor text not null,
    step text not null,
    status text not null,
    details text,
    primary key (user_id, revision)
) strict, without rowid;

-- What a client asks of its users beside the document: purposes, separated by spaces.
create table client_policies (
    client_id blob not null primary key references clients (client_id),
    added text not null,
    changed_at integer not null
) strict, without rowid;

-- Many users of a client, half of them verified, few inactive.
insert into sqlite_stat1 (tbl, idx, stat) values
    ('users', 'sqlite_autoindex_users_1', '200000 20000 1'),
    ('users', 'users_by_verified', '200000 20000 10000 1'),
    ('users', 'users_inactive', '2000 200 1');

analyze sqlite_schema;
